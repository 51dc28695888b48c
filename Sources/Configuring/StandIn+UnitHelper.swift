import FileTree

/// deb-systemd-helper of init-system-helpers, which maintainer scripts start by the dozen. Most of its time
/// it loads libraries of which it uses a line each.
extension StandIn {
  static let unitHelper = StandIn(
    program: "usr/bin/deb-systemd-helper",
    // 1.65.2+deb12u1
    known: ["a895d5f077651960b6ca4ed9c53f8b36eae422ae170f61c972d0c6579e9f8732"],
    edits: [
      Edit("use File::Path qw(make_path); # in core since Perl 5.001\n", makePath),
      Edit("use File::Temp qw(tempfile); # in core since Perl 5.6.1\n", temporaryFile),
      Edit("use Getopt::Long; # in core since Perl 5\n", options),
      // It is used in what `debug` prints.
      Edit(
        "eval { require Data::Dumper; }",
        "eval { ($ENV{_DEB_SYSTEMD_HELPER_DEBUG} // 0) eq 1 && require Data::Dumper; }"),
    ])

  private static let makePath = #"""
    sub make_path {
        my ($path) = @_;
        my $made = "";
        for my $part (split m{(?<=/)}, $path) {
            $made .= $part;
            -d $made or mkdir($made) or -d $made or die "mkdir $made: $!";
        }
    }

    """#

  private static let temporaryFile = #"""
    sub tempfile {
        my ($template, %options) = @_;
        my $name = $options{DIR} . "/.state" . $$ . $options{SUFFIX};
        open(my $file, ">", $name) or die "Error in tempfile() using $name: $!";
        return ($file, $name);
    }

    """#

  private static let options = #"""
    sub GetOptions {
        my %options = @_;
        my @words = grep { /^[-+]./ } @ARGV;
        if (grep { !/^--(quiet|user|system)\z/ } @words) {
            require Getopt::Long;
            return Getopt::Long::GetOptions(%options);
        }
        for my $name (map { substr($_, 2) } @words) {
            my $target = $options{$name};
            ref($target) eq "CODE" ? $target->($name, 1) : ($$target = 1);
        }
        @ARGV = grep { !/^--./ } @ARGV;
        return 1;
    }

    """#
}
