# A client of Perl's Gearman::Client: client.pl PORT VERB ARGUMENT...
# It prints what it hears, a line each, bytes in hexadecimal.  Workloads are the contents of files.

use strict;
use warnings;
use Gearman::Client;

my ($port, $verb, @arguments) = @ARGV;

sub say_bytes {
    my ($word, $bytes) = @_;
    print join(" ", $word, unpack("H*", $bytes) || ()), "\n";
}

sub contents {
    open my $file, "<:raw", $_[0] or die;
    local $/;
    return scalar <$file>;
}

sub client { return Gearman::Client->new(job_servers => ["127.0.0.1:$port"], @_) }

sub run {
    my ($function, $file, $unique, $priority, $exceptions, $prefix) = @_;
    my $tasks = client(exceptions => $exceptions, prefix => $prefix)->new_task_set;
    my $options = {
        uniq         => $unique,
        priority     => $priority,
        on_status    => sub { print "status $_[0]/$_[1]\n" },
        on_data      => sub { say_bytes("data", ${ $_[0] }) },
        on_warning   => sub { say_bytes("warning", ${ $_[0] }) },
        on_exception => sub { say_bytes("exception", $_[0]) },
        on_fail      => sub { print "fail\n" },
        on_complete  => sub { say_bytes("complete", ${ $_[0] }) },
    };
    $tasks->add_task($function, contents($file), $options);
    $tasks->wait;
}

sub call {
    my ($function, $file) = @_;
    my $result = client()->do_task($function, contents($file));
    $result ? say_bytes("complete", $$result) : print "fail\n";
}

sub background {
    my ($function, $file, $unique, $priority) = @_;
    my $options = { uniq => $unique, priority => $priority };
    print client()->dispatch_background($function, contents($file), $options), "\n";
}

sub status {
    my $status = client()->get_status($_[0]);
    print join(" ", $status->known, $status->running, @{ $status->progress }), "\n";
}

sub servers {
    my $status = client()->get_job_server_status;
    my $row    = $status->{"127.0.0.1:$port"}{ $_[0] };
    print join(" ", @$row{qw(queued running capable)}), "\n";
}

{ no strict "refs"; &$verb(@arguments); }
