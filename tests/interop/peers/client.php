<?php
// A client of php-gearman: client.php PORT VERB ARGUMENT...
// It prints what it hears, a line each, bytes in hexadecimal.  Workloads are the contents of files.

function say(string ...$words): void
{
    echo rtrim(implode(" ", $words)), "\n";
}

function run(GearmanClient $client, string $function, string $file, string $unique, string $priority, string $exceptions): void
{
    $client->setStatusCallback(fn ($task) => say("status", "{$task->taskNumerator()}/{$task->taskDenominator()}"));
    $client->setDataCallback(fn ($task) => say("data", bin2hex($task->data())));
    $client->setWarningCallback(fn ($task) => say("warning", bin2hex($task->data())));
    if ($exceptions) { // the callback alone enables them
        $client->setExceptionCallback(fn ($task) => say("exception", bin2hex($task->data())));
    }
    $client->setFailCallback(fn ($task) => say("fail"));
    $client->setCompleteCallback(fn ($task) => say("complete", bin2hex($task->data())));
    $add = ["high" => "addTaskHigh", "normal" => "addTask", "low" => "addTaskLow"][$priority];
    $client->$add($function, file_get_contents($file), null, $unique ?: null);
    $client->runTasks();
}

function call(GearmanClient $client, string $function, string $file): void
{
    $result = $client->doNormal($function, file_get_contents($file));
    say($client->returnCode() == GEARMAN_SUCCESS ? "complete " . bin2hex($result) : "fail");
}

function background(GearmanClient $client, string $function, string $file, string $unique, string $priority): void
{
    $do = ["high" => "doHighBackground", "normal" => "doBackground", "low" => "doLowBackground"][$priority];
    say($client->$do($function, file_get_contents($file), $unique ?: null));
}

function status(GearmanClient $client, string $handle): void
{
    say(...array_map("intval", $client->jobStatus($handle)));
}

function unique(GearmanClient $client, string $unique): void
{
    say(...array_map("intval", $client->jobStatusByUniqueKey($unique)));
}

function ping(GearmanClient $client): void
{
    say($client->ping("still\0there?") ? "pong" : $client->error());
}

$client = new GearmanClient();
$client->addServer("127.0.0.1", (int) $argv[1], false); // true, the default, would enable exceptions
$argv[2]($client, ...array_slice($argv, 3));
