import BuildModel
import Testing

@testable import Compiling

@Suite struct DroppedOptionTests {
  @Test func `every option that became another is found, and no other`() {
    let asked = Defconfig(
      """
      CONFIG_A=y
      CONFIG_GONE=y
      CONFIG_OFF=n
      # CONFIG_ON is not set
      CONFIG_NUMBER=8
      CONFIG_TEXT=""

      """)
    let result = Defconfig(
      "CONFIG_A=y\n# CONFIG_OFF is not set\nCONFIG_ON=y\nCONFIG_NUMBER=4\nCONFIG_TEXT=\"\"\nCONFIG_MORE=y\n")
    #expect(
      DroppedOption.all(asked: asked, result: result) == [
        DroppedOption(name: "CONFIG_GONE", wanted: "y", found: "n", line: 2),
        DroppedOption(name: "CONFIG_ON", wanted: "n", found: "y", line: 4),
        DroppedOption(name: "CONFIG_NUMBER", wanted: "8", found: "4", line: 5),
      ])
  }

  @Test func `the version is read from the makefile's first lines`() {
    let makefile = "# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\nEXTRAVERSION =\nNAME = Baby\n"
    #expect(KernelSource.version(in: makefile) == "6.12.117")
    #expect(KernelSource.version(in: "VERSION = 6\nVERSIONS = 7\nPATCHLEVEL = x\n") == nil)
    #expect(KernelSource.version(in: "all:\n\techo VERSION = 1\n") == nil)
  }
}
