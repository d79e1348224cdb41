<?php
// PHP: PDO.
$match = getenv('MATCH');
$db = new PDO(sprintf('pgsql:host=%s;port=%s;dbname=%s', getenv('PGHOST'), getenv('PGPORT'), getenv('PGDATABASE')),
    getenv('PGUSER'), null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);

$db->beginTransaction();
$insert = $db->prepare('INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES (?, ?, ?, ?, ?)');
$insert->execute([$match, 'line-1', 12, 'A. Striker', 'Goal!']);
$update = $db->prepare('UPDATE commentary.feed SET minute = ? WHERE match_id = ? AND client_ref = ?');
$update->execute([13, $match, 'line-1']);
if ($update->rowCount() !== 1) throw new Exception('the row was not found');
$db->commit();
$insert->execute([$match, 'line-2', null, null, 'Oops']);
$update = $db->prepare('UPDATE commentary.feed SET actor = ?, message = ? WHERE match_id = ? AND client_ref = ?');
$update->execute([null, 'Goal! A header.', $match, 'line-1']);
if ($update->rowCount() !== 1) throw new Exception('not amended');
$delete = $db->prepare('DELETE FROM commentary.feed WHERE match_id = ? AND client_ref = ?');
$delete->execute([$match, 'line-2']);
if ($delete->rowCount() !== 1) throw new Exception('not withdrawn');
