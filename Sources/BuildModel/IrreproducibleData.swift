/// Data that a package writes while it is configured, and of which no two builds make the same bytes. It
/// is part of the image, unlike a secret; whoever compares two images is told by this table why they differ.
package struct IrreproducibleData: Sendable, Equatable {
  /// One name for each version that Debian has in a package of its own.
  package var packages: [String]
  /// Directories and files, absolute.
  package var paths: [String]
  package var reason: String

  package static let kinds: [IrreproducibleData] = [
    IrreproducibleData(
      packages: ["mariadb-server", "mariadb-server-10.5"], paths: ["/var/lib/mysql"],
      reason: "its script makes a database with times, and with identifiers drawn at random"),
    IrreproducibleData(
      packages: ["popularity-contest"],
      paths: ["/etc/cron.d/popularity-contest", "/etc/popularity-contest.conf"],
      reason: "its script draws the machine's identifier for the survey, and the hour at which it reports"),
    IrreproducibleData(
      packages: ["postfix"], paths: ["/etc/aliases.db"],
      reason:
        "its script makes a Berkeley database, which has an identifier of the file and the process in it"),
    IrreproducibleData(
      packages: ["postgresql-13", "postgresql-15", "postgresql-17"], paths: ["/var/lib/postgresql"],
      reason: "its script makes a database cluster, with an identifier from the clock and a process's number"),
    IrreproducibleData(
      packages: ["sasl2-bin"], paths: ["/etc/sasldb2"],
      reason: "its script makes a Berkeley database, as postfix's does"),
    IrreproducibleData(
      packages: ["slapd"], paths: ["/etc/ldap/slapd.d", "/var/lib/ldap"],
      reason: "its script makes a directory whose entries have times, and a password drawn at random"),
    IrreproducibleData(
      packages: ["tex-common"], paths: ["/var/lib/texmf"],
      reason:
        "its script makes formats of LuaTeX, which hold tables in an order drawn at random, and lists and logs "
        + "that follow directories and the clock"),
  ]

  /// Those that an image with these packages holds.
  package static func inImage(with packages: some Sequence<String>) -> [IrreproducibleData] {
    let installed = Set(packages)
    return kinds.filter { !installed.isDisjoint(with: $0.packages) }
  }

  /// Whether this absolute path is one of the data's, or below one.
  package func holds(_ path: String) -> Bool {
    paths.contains { $0 == path || path.hasPrefix($0 + "/") }
  }
}
