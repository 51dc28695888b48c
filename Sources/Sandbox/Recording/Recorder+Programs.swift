import CLinux
import CSandbox
import Diagnosis
import FileTree
import Glibc

// Programs that make who runs them their owner.
extension Recorder {
  /// The kernel runs the program in any case. A set-id program that then cannot be run after all has made its
  /// caller its owner already; the caller has no way back to what it was, as it has none after a success.
  func execute(_ call: TrappedCall) throws -> TrappedCall.Answer {
    guard let place = try paths.place(call, directory: call.int(0), path: call[1], flags: call.int(2)) else {
      return .pass
    }
    var status = Glibc.stat()
    guard fstatat(place.directory, place.path, &status, place.statFlags) == 0,
      status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o111 != 0
    else { return .pass }
    let before = try credentials.credentials(of: call.thread)
    var (user, group): (UInt32?, UInt32?)
    // Set-group-id without the right to execute for the group has once meant a kind of lock.
    let (setsUser, setsGroup) = (status.st_mode & S_ISUID != 0, status.st_mode & 0o2010 == 0o2010)
    if setsUser || setsGroup, isHonoured(place) {
      let owner = ledger.owner(
        of: OwnerLedger.Handle(place.directory, place.path, place.handleFlags), status)
      if setsUser { user = owner.user }
      if setsGroup { group = owner.group }
    }
    var after = before
    after.execute(as: user, group)
    if after != before { try credentials.set(after, of: call.thread) }
    return .pass
  }

  /// Scripts, and mounts with nosuid, give nobody another id.
  private func isHonoured(_ place: ThreadPaths.Place) -> Bool {
    let raw = openat(place.directory, place.path, O_RDONLY | O_NONBLOCK | place.openFlags)
    if raw < 0 { return false }
    let file = Descriptor(owning: raw)
    var mount = statvfs()
    var magic: UInt32 = 0
    return fstatvfs(file.raw, &mount) == 0 && mount.f_flag & UInt(ST_NOSUID) == 0
      && pread(file.raw, &magic, 4, 0) == 4 && UInt32(bigEndian: magic) == Recorder.elf
  }

  /// ELFMAG of elf.h.
  private static let elf: UInt32 = 0x7f45_4c46
}
