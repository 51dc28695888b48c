import BuildModel
import Fetching
import Installing
import Locking
import Staging
import Toml

/// A stanza of a Debian control file.
func parseControlFile(_ input: UnsafeRawBufferPointer) throws {
  guard let file = ControlFile(String(decoding: input, as: UTF8.self)) else { return }
  for field in file.fields { precondition(file[field.name] != nil, "a field that cannot be asked for") }
}

/// The signed part of InRelease.
func parseRelease(_ input: UnsafeRawBufferPointer) throws {
  for (_, file) in try ReleaseFile(Array(input)).files { precondition(file.size >= 0, "a negative size") }
}

/// A wheel's RECORD; what was read is written and read again.
func parseWheelRecord(_ input: UnsafeRawBufferPointer) throws {
  let record = try WheelRecord(parsing: Array(input), wheel: "input")
  let again = try WheelRecord(parsing: Array(record.text.utf8), wheel: "input")
  precondition(again.rows.count == record.rows.count, "a row that was lost")
}

/// A page of an npm registry.
func parsePackument(_ input: UnsafeRawBufferPointer) throws {
  _ = try Packument(parsing: Array(input), of: "input").keeping(["1.0.0"])
}

/// A lockfile; what was read is written and read again.
func parseLockfile(_ input: UnsafeRawBufferPointer) throws {
  let lock = try Lockfile(parsing: Array(input), file: "capsem.lock")
  let again = try? Lockfile(parsing: Array(lock.text.utf8), file: "capsem.lock")
  precondition(again?.text == lock.text, "a lockfile that is not what was written")
}

func parseToml(_ input: UnsafeRawBufferPointer) throws {
  _ = try TomlDocument(parsing: Array(input), file: "input.toml")
}
