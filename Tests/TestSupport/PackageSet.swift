import BuildModel
import Diagnosis
import GuestConfig

/// A set of Debian packages, chosen because it is hard to build in some way. `make differential` compares
/// those that have a peer with mmdebstrap's trees, `make reproducible` compares all of them with themselves.
package struct PackageSet: Sendable, CustomStringConvertible {
  /// As docs/differential.md names it.
  package var name: String
  package var suite: String
  package var packages: [String]
  /// Seconds by which mmdebstrap's second tree is later, when scripts write the time to the minute.
  package var apart: UInt32
  /// For the architecture that the host is not of.
  package var isForeign: Bool
  /// Whether mmdebstrap's tree was looked at; others are here for what their scripts make.
  package var hasPeer: Bool

  package init(
    name: String, suite: String = "bookworm", packages: [String], apart: UInt32 = 0,
    isForeign: Bool = false, hasPeer: Bool = true
  ) {
    self.name = name
    self.suite = suite
    self.packages = packages
    self.apart = apart
    self.isForeign = isForeign
    self.hasPeer = hasPeer
  }

  package var description: String { name }

  package var target: BuildSite.Target { isForeign ? .foreign : .host }

  /// The default guest's, of which `make reproducible` builds the whole.
  package static let defaultGuest = "default"

  /// The smallest first.
  package static let all: [PackageSet] = [
    // apt is in every base: a list must not be empty.
    PackageSet(name: "minimal", packages: ["apt"]),
    PackageSet(name: defaultGuest, packages: guestPackages),
    // preinst scripts that divert, and packages whose files are diverted.
    PackageSet(name: "diversions", packages: ["vim", "ucf", "pkgconf", "molly-guard", "bash-completion"]),
    // File capabilities, set by postinst scripts or shipped set-id without libcap.
    PackageSet(name: "capabilities", packages: ["iputils-ping", "mtr-tiny", "libcap2-bin"]),
    // Set-id programs and groups of their own; dpkg-statoverride.
    PackageSet(
      name: "set-id", packages: ["dbus", "openssh-client", "sudo", "at", "cron", "screen", "polkitd"]),
    // Users and groups that postinst scripts allot, one after another.
    PackageSet(name: "postgresql", packages: ["postgresql-common", "ssl-cert"]),
    PackageSet(
      name: "systemd",
      packages: [
        "systemd", "systemd-sysv", "systemd-resolved", "systemd-timesyncd", "libpam-systemd", "udev", "dbus",
      ]),
    PackageSet(name: "exim", packages: ["exim4-daemon-light", "bsd-mailx"]),
    PackageSet(name: "postfix", packages: ["postfix"]),
    PackageSet(name: "openssh", packages: ["openssh-server"]),
    // Byte compilation, by py3compile and by Emacs.
    PackageSet(
      name: "python", packages: ["python3-requests", "python3-yaml", "python3-numpy", "python3-venv"]),
    PackageSet(name: "emacs", packages: ["emacs-nox", "elpa-markdown-mode"]),
    // A JRE: its certificates, jar cache, and more alternatives than anything else has.
    PackageSet(name: "java", packages: ["default-jre-headless", "ca-certificates-java"]),
    PackageSet(name: "locales", packages: ["locales", "tzdata"]),
    PackageSet(name: "kernel", packages: ["linux-image-cloud-\(BuildSite.debian)", "initramfs-tools"]),
    // Alternatives: groups with slaves, of packages that come in any order.
    PackageSet(
      name: "alternatives",
      packages: ["nano", "ed", "vim-tiny", "gawk", "original-awk", "most", "w3m", "lynx"]),
    // Triggers that many packages activate.
    PackageSet(
      name: "triggers",
      packages: [
        "man-db", "fontconfig", "fonts-dejavu-core", "desktop-file-utils", "shared-mime-info",
        "hicolor-icon-theme", "libgdk-pixbuf2.0-bin", "libglib2.0-bin", "gsettings-desktop-schemas",
      ]),
    // Packages that may be there for several architectures, with their compiler.
    PackageSet(name: "multiarch", packages: ["gcc", "libssl-dev", "libgcc-s1", "zlib1g-dev"]),
    // The longest chains of Pre-Depends that there are.
    PackageSet(name: "pre-depends", packages: ["init", "python3", "liblocale-gettext-perl", "mdadm"]),
    // Configuration below directories of /etc that are links, or that links lead to.
    PackageSet(name: "etc-links", packages: ["tomcat10", "xkb-data", "apache2"]),
    // Epochs, tildes and plus signs in names and versions.
    PackageSet(
      name: "names",
      packages: ["libsigc++-2.0-0v5", "dvd+rw-tools", "memtest86+", "libstdc++6", "netcat-openbsd"]
    ),
    // Registers that scripts write: XML catalogs, SAX parsers, info pages.
    PackageSet(name: "registers", packages: ["docbook-xml", "libxml-sax-perl", "info", "texinfo", "ispell"]),
    // Formats that hold the minute they were made in.
    PackageSet(name: "texlive", packages: ["texlive-latex-base", "tex-common"], apart: 90),
    PackageSet(name: "trixie-minimal", suite: "trixie", packages: ["apt"]),
    PackageSet(
      name: "trixie-server", suite: "trixie",
      packages: [
        "openssh-server", "dbus", "systemd-sysv", "python3", "vim", "iputils-ping", "man-db", "locales",
      ]
    ),
    // Keys and names that scripts make for one machine.
    PackageSet(
      name: "secrets", packages: ["openssh-server", "ssl-cert", "munge", "dropbear", "open-iscsi", "xrdp"],
      hasPeer: false),
    PackageSet(
      name: "network", packages: ["bind9", "unbound", "snmpd", "chrony", "nvme-cli"], hasPeer: false),
    // Users and groups of many services; the host's name in configurations.
    PackageSet(
      name: "services",
      packages: [
        "systemd-sysv", "systemd-resolved", "systemd-timesyncd", "libpam-systemd", "rsyslog", "cron",
        "polkitd", "exim4-daemon-light", "bsd-mailx", "postgresql-common",
      ], hasPeer: false),
    PackageSet(
      name: "editors", packages: ["emacs-nox", "elpa-markdown-mode", "nano", "vim-nox"], hasPeer: false),
    PackageSet(
      name: "desktop",
      packages: ["libgtk-3-0", "librsvg2-common", "adwaita-icon-theme", "fonts-dejavu"], hasPeer: false),
    // Hashes of word lists.
    PackageSet(
      name: "words", packages: ["dictionaries-common", "aspell-en", "hunspell-en-us", "wamerican"],
      hasPeer: false),
    PackageSet(name: "web", packages: ["apache2", "nginx", "php-cli", "tomcat10"], hasPeer: false),
    PackageSet(
      name: "interpreters", packages: ["ruby", "perl", "build-essential", "libssl-dev"], hasPeer: false),
    // Databases made while configuring.
    PackageSet(name: "database", packages: ["postgresql-15"], hasPeer: false),
    PackageSet(name: "mariadb", packages: ["mariadb-server"], hasPeer: false),
    PackageSet(name: "ldap", packages: ["slapd"], hasPeer: false),
    PackageSet(name: "mail", packages: ["sasl2-bin"], hasPeer: false),
  ]

  /// Those whose every script needs an emulator.
  package static let foreign = [
    PackageSet(name: "foreign-minimal", packages: ["apt"], isForeign: true),
    PackageSet(name: "foreign-default", packages: guestPackages, isForeign: true),
  ]

  /// What the guest in guest/ asks for.
  private static let guestPackages: [String] = {
    let guest = LoadedGuest(loading: "\(BuildSite.repository)/guest")
    return guest.configuration.packageSets.first { $0.key == "apt" }?.packages.map(\.value) ?? []
  }()
}
