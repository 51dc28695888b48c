import Commands
import Glibc
import Pipeline
import Sandbox

// Before anything else: a worker enters its namespaces while the process has one thread.
switch WorkerEntry.enterIfAsked(CommandLine.arguments) {
case .worker: exit(WorkerEntry.run { Worker.main() })
case .ordinary: exit(CapsemNative.main(CommandLine.arguments))
}
