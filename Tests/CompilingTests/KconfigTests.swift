import Testing

@testable import Compiling

/// What a kernel's own files say of why an option is not as it was asked for.
@Suite struct KconfigTests {
  private static let files = [
    "Kconfig": """
    mainmenu "Test"
    source "arch/$(SRCARCH)/Kconfig"
    source "net/Kconfig"
    """,
    "arch/x86/Kconfig": """
    config X86
    \tdef_bool y
    \tselect ALWAYS if X86

    config ALWAYS
    \tbool

    config FORCED
    \tbool "A choice that another one takes away"
    """,
    "net/Kconfig": """
    menuconfig NET
    \tbool "Networking"
    \thelp
    \t  config HELP is a word of the help text,
    \t    depends on nothing.

    if NET
    menu "Filters"
    \tdepends on INET && !EXPERT
    config FILTER # a comment
    \ttristate "Filter" if \\
    \t\tADVANCED
    \tdepends on (A || B) && VERSION >= 3
    \tselect FORCED
    endmenu
    endif

    config HIDDEN
    \tbool
    \tdepends on $(cc-option,-mfoo(bar))
    """,
  ]

  private static let kconfig = Kconfig(architecture: "x86") { files[$0] }

  private static func reason(_ name: String, wanted: String = "y", _ values: [String: String]) -> String {
    kconfig.reason(name, wanted: wanted) { values[$0] ?? "n" }
  }

  @Test func `an option that nobody defines is told as one`() {
    #expect(KconfigTests.reason("SLAB_FREELIST_RANDOMIZE", [:]) == "this source knows no option of that name")
    #expect(KconfigTests.kconfig.definitions["HELP"] == nil)
  }

  @Test func `every condition that is not met is named, those of menus and blocks too`() {
    #expect(
      KconfigTests.reason("FILTER", ["VERSION": "2", "EXPERT": "y"])
        == "it depends on NET, which is n, and on INET, which is n, and on EXPERT being off, and it is y"
        + ", and on ADVANCED, which is n, and on (A || B), and on VERSION >= 3")
    #expect(
      KconfigTests.reason("FILTER", ["NET": "y", "INET": "y", "ADVANCED": "m", "B": "y", "VERSION": "2"])
        == "it depends on VERSION >= 3")
  }

  @Test func `an option without a prompt is told with what selects it`() {
    #expect(KconfigTests.reason("ALWAYS", [:]) == "it cannot be asked for: it is selected by X86")
    #expect(KconfigTests.reason("HIDDEN", [:]) == "it cannot be asked for: it has no prompt")
  }

  @Test func `an option that was to be off is told with what turned it on`() {
    #expect(
      KconfigTests.reason("FORCED", wanted: "n", ["FORCED": "y", "FILTER": "m"]) == "it is selected by FILTER"
    )
    #expect(
      KconfigTests.reason("X86", wanted: "n", ["X86": "y"]) == "its default is y, and nobody can turn it off")
  }

  @Test(arguments: [
    ("A", true), ("!A", false), ("B", false), ("A && B", false), ("A || B", true), ("A && !(B || C)", true),
    ("N = 3", true), ("N != 3", false), ("N<4&&N>2", true), ("N >= 4", false), ("S = \"a b\"", true),
    ("$(success,test (x) = y)", true), ("y", true), ("n || A", true),
  ])
  func `an expression has the value that the language gives it`(text: String, value: Bool) throws {
    let expression = try #require(KconfigExpression(text[...]))
    let values = ["A": "y", "N": "3", "S": "a b"]
    #expect(expression.isTrue { values[$0] ?? "n" } == value)
    #expect(expression.unmet { values[$0] ?? "n" }.isEmpty == value)
  }

  @Test(arguments: ["", "A &&", "(A", "A B", ")"])
  func `what is no expression is none`(text: String) {
    #expect(KconfigExpression(text[...]) == nil)
  }
}
