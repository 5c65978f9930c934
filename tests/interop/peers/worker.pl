# A worker of Perl's Gearman::Worker: worker.pl PORT PREFIX TIMEOUT [NAMESPACE]
# It prints every job that it takes: the function, and the workload in hexadecimal.

use strict;
use warnings;
use Gearman::Worker;

$| = 1;
my ($port, $prefix, $timeout, $namespace) = @ARGV;
my $worker = Gearman::Worker->new(job_servers => ["127.0.0.1:$port"], prefix => $namespace);

sub upper { return uc $_[0]->arg }

sub talk {
    my $job = shift;
    $job->set_status(1, 2);
    $worker->send_work_data($job, "da\0ta");
    $worker->send_work_warning($job, "careful");
    return "done";
}

sub nothing { return "" }

sub fail { return undef }

sub raise { $worker->send_work_exception($_[0], "no such image"); return undef }

sub dying { die "no such image\n" }

# Say how far it is, and go on when a line arrives in the named pipe that the workload names.
sub waiting {
    my $job = shift;
    $job->set_status(3, 10);
    open my $pipe, "<", $job->arg or die;
    readline $pipe;
    return "waited";
}

my %functions = (
    upper => \&upper, talk => \&talk, nothing => \&nothing, fail => \&fail,
    raise => \&raise, dying => \&dying, wait => \&waiting,
);
for my $function (sort keys %functions) {
    my $run = sub {
        my $job = shift;
        print $job->{func}, " ", unpack("H*", $job->arg), "\n";
        return $functions{$function}->($job);
    };
    $worker->register_function("$prefix$function", $timeout ? $timeout : (), $run);
}
$worker->work;
