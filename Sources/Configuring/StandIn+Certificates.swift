import FileTree

/// ca-certificates of Debian 12. Both scripts loop over some 150 certificates, and start up to a dozen
/// processes for each.
extension StandIn {
  static let certificates = [
    StandIn(
      program: "usr/sbin/update-ca-certificates",
      // 20250419~deb12u2
      known: ["2cb06c85b5f01c4f6b72c3983d9f66d44aac0a7ac997ee55e7e429aedbc3934d"],
      edits: [
        Edit(
          """
          "$CERTSCONF" | while read -r crt
          do
            if ! test -f "$CERTSDIR/$crt"
            then
              echo "W: $CERTSDIR/$crt not found, but listed in $CERTSCONF." >&2
              continue
            fi
            add "$CERTSDIR/$crt"
          done
          """,
          """
          "$CERTSCONF" | perl -e '\(addAll)' "$CERTSDIR" "$CERTSCONF" "$ETCCERTSDIR" "$TEMPBUNDLE" "$ADDED"
          """),
        Edit("-type l ! -exec test -e {} \\; -print", "-type l -xtype l -print"),
      ]),
    StandIn(
      program: "var/lib/dpkg/info/ca-certificates.config",
      // 20250419~deb12u2
      known: ["6d34a25b8f7e6ff679a768db581ae5e436faee193aece201c6a4501e36b2ec37"],
      edits: [
        Edit(
          "# CERTS_DISABLED: certs that user dont trust\n",
          """
          newline='
          '
          has_line() {
            case "$newline$1$newline" in
            *"$newline$2$newline"*) true ;;
            *) false ;;
            esac
          }
          # CERTS_DISABLED: certs that user dont trust

          """),
        Edit(
          #"if (echo "$CERTS_DISABLED" | grep -F -q -x "$crt") > /dev/null 2>&1; then"#,
          #"if has_line "$CERTS_DISABLED" "$crt"; then"#),
        Edit(
          #"elif (echo "$CERTS_TRUST" | grep -F -q -x "$crt") > /dev/null 2>&1; then"#,
          #"elif has_line "$CERTS_TRUST" "$crt"; then"#),
      ]),
  ]

  /// The function `add` of update-ca-certificates, for every line of its input, as read(1) of the shell
  /// takes lines. No single quote may be in it.
  private static let addAll = #"""
    use strict;
    my ($directory, $list, $links, $bundle, $added) = @ARGV;
    open(my $all, ">>", $bundle) or die "$bundle: $!\n";
    open(my $new, ">>", $added) or die "$added: $!\n";
    while (my $line = <STDIN>) {
      $line =~ s/\n\z// or last;
      $line =~ s/^[ \t]+|[ \t]+\z//g;
      my $certificate = "$directory/$line";
      if (!-f $certificate) {
        print STDERR "W: $certificate not found, but listed in $list.\n";
        next;
      }
      (my $name = $certificate) =~ s{.*/}{}s;
      $name =~ s/(?<=.)\.crt\z//s;
      $name =~ tr/ (),/_==_/;
      my $link = "$links/$name.pem";
      if (!-e $link || (readlink($link) // "") ne $certificate) {
        if (-d $link) {
          system("ln", "-sf", $certificate, $link) == 0 or die;
        } else {
          unlink($link);
          symlink($certificate, $link) or die "$link: $!\n";
        }
        print $new "+$link\n";
      }
      open(my $file, "<", $certificate) or die "$certificate: $!\n";
      my $text = do { local $/; <$file> } // "";
      print $all $text, $text =~ /[^\n]\z/ ? "\n" : "";
    }
    close($all) && close($new) or die "$bundle: $!\n";
    """#
}
