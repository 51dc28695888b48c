/// A set of Debian packages, chosen because it is hard to build in some way.
package struct PackageSet: Sendable, CustomStringConvertible {
  package var name: String
  package var packages: [String]
  /// What is hard about it.
  package var reason: String

  package init(_ name: String, _ packages: [String], _ reason: String) {
    (self.name, self.packages, self.reason) = (name, packages, reason)
  }

  package var description: String { name }

  /// Of Debian 12, the smallest first.
  package static let all: [PackageSet] = [
    PackageSet("minimal", ["less"], "the essential set"),
    PackageSet("diversions", ["vim", "ucf", "pkgconf"], "preinst scripts that divert"),
    PackageSet(
      "capabilities", ["iputils-ping", "dbus", "openssh-client"], "file capabilities, set-id programs"),
    PackageSet("secrets", ["openssh-server", "ssl-cert", "munge"], "keys made while configuring"),
    PackageSet(
      "services", ["systemd-sysv", "rsyslog", "cron", "polkitd", "exim4-daemon-light", "postgresql-common"],
      "users allotted while configuring, the host's name in configurations"),
    PackageSet("python", ["python3-yaml", "python3-setuptools", "python3-pip"], "byte-compiled modules"),
    PackageSet("java", ["default-jre-headless", "ca-certificates-java"], "a key store with dates"),
    PackageSet("locales", ["locales", "tzdata"], "debconf, locale-gen"),
    PackageSet("kernel", ["linux-image-amd64", "initramfs-tools"], "a kernel's hooks, a cpio archive"),
    PackageSet(
      "editors", ["emacs-nox", "nano", "vim-nox"], "many alternatives, Lisp compiled while configuring"),
    PackageSet(
      "triggers",
      [
        "man-db", "fontconfig", "fonts-dejavu", "desktop-file-utils", "shared-mime-info", "libgtk-3-0",
        "adwaita-icon-theme",
      ], "caches that triggers make"),
    PackageSet(
      "words", ["dictionaries-common", "aspell-en", "hunspell-en-us", "wamerican"], "hashes of word lists"),
    PackageSet("web", ["apache2", "nginx", "php-cli"], "links made by scripts"),
    PackageSet("interpreters", ["ruby", "perl", "gawk", "build-essential"], "alternatives, a large tree"),
    PackageSet("network", ["bind9", "unbound", "snmpd", "chrony"], "keys and seeds of network services"),
    PackageSet("postgresql", ["postgresql-15"], "a database cluster made while configuring"),
    PackageSet("mariadb", ["mariadb-server"], "a database made while configuring"),
    PackageSet("ldap", ["slapd"], "a database made while configuring"),
  ]
}
