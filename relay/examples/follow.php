<?php
/* Follows a match in PHP 8: php follow.php https://relay.example 7 */

[, $relay, $match] = $argv;
$last = '';
while (true) {
    $stream = @fopen("$relay/matches/$match/events?history=50", 'r', false,
        stream_context_create(['http' => ['header' => "Last-Event-ID: $last", 'timeout' => 60]]));
    while ($stream && ($line = fgets($stream)) !== false) {
        [$field, $value] = explode(': ', rtrim($line, "\n"), 2) + [1 => ''];
        if ($field === 'id')
            $last = $value;
        elseif ($field === 'data')
            show(json_decode($value, true));
    }
    sleep(2);       // it resumes behind the last one
}

function show(array $event): void
{
    if ($event['type'] === 'commentary')
        echo $event['minute'] ?? '', ' ', $event['op'], ' ', $event['message'] ?? '', "\n";
}
