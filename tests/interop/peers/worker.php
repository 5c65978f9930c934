<?php
// A worker of php-gearman: worker.php PORT PREFIX TIMEOUT
// It prints every job that it takes: the function, and the workload in hexadecimal.

function upper(GearmanJob $job): string
{
    return strtoupper($job->workload());
}

function talk(GearmanJob $job): string
{
    $job->sendStatus(1, 2);
    $job->sendData("da\0ta");
    $job->sendWarning("careful");
    return "done";
}

function nothing(GearmanJob $job): string
{
    return "";
}

function fail(GearmanJob $job): void
{
    $job->sendFail();
}

function raise(GearmanJob $job): void
{
    $job->sendException("no such image");
}

/** Say how far it is, and go on when a line arrives in the named pipe that the workload names. */
function wait(GearmanJob $job): string
{
    $job->sendStatus(3, 10);
    fgets(fopen($job->workload(), "r"));
    return "waited";
}

[, $port, $prefix, $timeout] = $argv;
$worker = new GearmanWorker();
$worker->addServer("127.0.0.1", (int) $port);
foreach (["upper", "talk", "nothing", "fail", "raise", "wait"] as $function) {
    $run = function (GearmanJob $job) use ($function) {
        echo $job->functionName() . " " . bin2hex($job->workload()) . "\n";
        return $function($job);
    };
    $worker->addFunction("$prefix$function", $run, null, (int) $timeout);
}
while ($worker->work());
