/// A set of Debian packages, chosen because it is hard to build in some way.
package struct PackageSet: Sendable, CustomStringConvertible {
  package var name: String
  package var suite: String
  package var packages: [String]

  package init(name: String, suite: String = "bookworm", packages: [String]) {
    (self.name, self.suite, self.packages) = (name, suite, packages)
  }

  package var description: String { name }

  /// The smallest first.
  package static let all: [PackageSet] = [
    PackageSet(name: "minimal", packages: ["less"]),
    // preinst scripts that divert, and packages whose files are diverted.
    PackageSet(name: "diversions", packages: ["vim", "ucf", "pkgconf", "molly-guard", "bash-completion"]),
    // File capabilities, and set-id programs with groups of their own.
    PackageSet(name: "capabilities", packages: ["iputils-ping", "dbus", "openssh-client", "sudo", "at"]),
    // Keys and names that scripts make for one machine.
    PackageSet(
      name: "secrets", packages: ["openssh-server", "ssl-cert", "munge", "dropbear", "open-iscsi", "xrdp"]),
    PackageSet(name: "network", packages: ["bind9", "unbound", "snmpd", "chrony", "nvme-cli"]),
    // Users and groups that scripts allot, one after another; the host's name in configurations.
    PackageSet(
      name: "services",
      packages: [
        "systemd-sysv", "systemd-resolved", "systemd-timesyncd", "libpam-systemd", "rsyslog", "cron",
        "polkitd",
        "exim4-daemon-light", "bsd-mailx", "postgresql-common",
      ]),
    // Byte compilation, by py3compile and by Emacs.
    PackageSet(
      name: "python",
      packages: ["python3-requests", "python3-yaml", "python3-numpy", "python3-venv", "python3-pip"]),
    PackageSet(name: "editors", packages: ["emacs-nox", "elpa-markdown-mode", "nano", "vim-nox"]),
    // A JRE: its certificates with their dates, jar cache, and many alternatives.
    PackageSet(name: "java", packages: ["default-jre-headless", "ca-certificates-java"]),
    PackageSet(name: "locales", packages: ["locales", "tzdata"]),
    PackageSet(name: "kernel", packages: ["linux-image-cloud-\(BuildSite.debian)", "initramfs-tools"]),
    // Alternatives: groups with slaves, of packages that come in any order.
    PackageSet(
      name: "alternatives",
      packages: ["nano", "ed", "vim-tiny", "gawk", "original-awk", "most", "w3m", "lynx"]),
    // Caches that triggers make.
    PackageSet(
      name: "triggers",
      packages: [
        "man-db", "fontconfig", "fonts-dejavu", "desktop-file-utils", "shared-mime-info", "libgtk-3-0",
        "librsvg2-common", "adwaita-icon-theme", "libglib2.0-bin",
      ]),
    // Hashes of word lists.
    PackageSet(name: "words", packages: ["dictionaries-common", "aspell-en", "hunspell-en-us", "wamerican"]),
    // Links and configurations that scripts make.
    PackageSet(name: "web", packages: ["apache2", "nginx", "php-cli", "tomcat10", "xkb-data"]),
    PackageSet(name: "interpreters", packages: ["ruby", "perl", "build-essential", "libssl-dev"]),
    // Registers that scripts write: XML catalogs, SAX parsers, info pages.
    PackageSet(name: "registers", packages: ["docbook-xml", "libxml-sax-perl", "info", "texinfo"]),
    // Databases made while configuring.
    PackageSet(name: "postgresql", packages: ["postgresql-15"]),
    PackageSet(name: "mariadb", packages: ["mariadb-server"]),
    PackageSet(name: "ldap", packages: ["slapd"]),
    PackageSet(name: "mail", packages: ["postfix", "sasl2-bin"]),
    PackageSet(
      name: "trixie-server", suite: "trixie",
      packages: [
        "openssh-server", "dbus", "systemd-sysv", "python3", "vim", "iputils-ping", "man-db", "locales",
      ]),
  ]
}
