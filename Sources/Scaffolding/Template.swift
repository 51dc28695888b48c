import BuildModel
import Toml

/// TOML that is valid as it stands, and meant to be edited.
enum Template {
  static func provider(_ name: TableName) -> String {
    let (key, display) = (name.text, name.display)
    return """
      # \(display): its key, and what it may reach. docs/config.md lists every key.

      [\(key)]
      name = \(TomlText.string(display))
      description = \(TomlText.string("\(display) models"))
      enabled = true

      [\(key).api_key]
      name = \(TomlText.string("\(display) API key"))
      env_vars = [\(TomlText.string("\(name.variable)_API_KEY"))]
      # prefix = "key-"                          # how its keys begin
      # docs_url = "https://example.org/keys"    # where one gets a key

      # A guess: put in the domains that it really uses.
      [\(key).network]
      domains = [\(TomlText.string("api.\(name.label).com"))]
      allow_get = true
      allow_post = true

      # A command line, taken from a Python wheel.
      # [\(key).install]
      # manager = "uv"
      # prefix = "/opt/ai-clis/\(key)"
      # packages = ["example-package"]
      # links = { example = "example_package/bin/example" }
      #
      # [\(key).cli]
      # key = "example"
      # name = "Example"
      # version_command = "example --version"

      # A file that the host writes into the guest when it starts.
      # [\(key).files.settings_json]
      # path = "/root/.\(key)/settings.json"
      # content = "{}"

      """
  }

  static func packages(_ name: TableName, _ manager: PackageManager, domains: [String]) -> String {
    let (command, example): (String, String) =
      switch manager {
      case .apt: ("apt-get install -y --no-install-recommends", "jq")
      case .uv: ("uv pip install --system --break-system-packages", "requests")
      case .pip: ("pip3 install --break-system-packages", "requests")
      case .npm: ("npm install -g", "typescript")
      case .curl: ("curl", "https://example.org/install")
      }
    let key = name.text
    let use =
      switch manager {
      case .apt: "Debian packages of the image."
      case .uv, .pip: "Python packages of the image, for all users."
      case .npm: "npm packages of the image, for all users."
      case .curl: "Programs of the image that are fetched as files; sha256 has a digest for each."
      }
    return """
      # \(use) docs/config.md lists every key.

      [\(key)]
      name = \(TomlText.string(name.display))
      manager = \(TomlText.string(manager.rawValue))
      install_cmd = \(TomlText.string(command))
      packages = [
        \(TomlText.string(example)),
      ]

      # What the manager may reach from inside the guest.
      [\(key).network]
      name = \(TomlText.string("\(name.display) registry"))
      domains = \(TomlText.strings(domains))
      allow_get = true

      """
  }

  static func server(_ name: TableName, _ transport: MCPServer.Transport) -> String {
    let (key, display) = (name.text, name.display)
    let place =
      switch transport {
      case .stdio:
        """
        command = \(TomlText.string("/usr/local/bin/\(key)"))
        args = []
        # env = { LEVEL = "debug" }
        """
      case .sse:
        """
        url = "http://localhost:8080/sse"
        # headers = { X-Team = "blue" }
        """
      }
    return """
      # A server of tools for programs in the guest. docs/config.md lists every key.

      [\(key)]
      name = \(TomlText.string(display))
      description = \(TomlText.string("Tools of \(display)"))
      transport = \(TomlText.string(transport.rawValue))
      \(place)
      enabled = true

      """
  }

  /// `date` as "2026-08-10".
  static func manifest(_ identity: GuestIdentity) -> String {
    var text = """
      # What this image is called. `inspect` prints it; it does not enter the image.

      [image]
      name = \(TomlText.string(identity.name))
      version = \(TomlText.string(identity.version))
      description = \(TomlText.string(identity.description))

      """
    for change in identity.changelog {
      text += """

        [[image.changelog]]
        version = \(TomlText.string(change.version))
        date = \(TomlText.string(change.date))
        changes = \(TomlText.strings(change.changes))

        """
    }
    return text
  }
}
