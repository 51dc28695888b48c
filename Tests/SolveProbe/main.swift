import Glibc
import Solver

// What `capsem-native __solve` does, as small as it gets: libapt-pkg serves one solution in the life of
// a process, and tests share theirs.
var input: [UInt8] = []
while let line = readLine(strippingNewline: false) { input += Array(line.utf8) }
let output = SolveChild.main(input)
output.withUnsafeBytes { _ = write(1, $0.baseAddress, $0.count) }
