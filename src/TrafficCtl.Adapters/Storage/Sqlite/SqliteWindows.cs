using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>
/// Recorded windows: appended piece by piece, packed when there are many, deleted when they are old. Always inside the caller's
/// transaction.
/// </summary>
internal static class SqliteWindows
{
    /// <summary>Pieces of one rollout that wait to be packed together: about five minutes of checkpoints.</summary>
    public const int Loose = 30;

    /// <summary>Rows that one call deletes at most: a few milliseconds.</summary>
    public const int Batch = 200;

    public static void Append(SqliteSession session, string rollout, RecordedWindows windows, bool onlyActive = false)
    {
        var data = windows.Data.ToArray();
        var loose = session.Query(
            """
            INSERT INTO recordings (rollout, first_at, last_at, next, loose, bytes)
            SELECT id, $2, $3, $4, 1, $5 FROM rollouts WHERE id = $1 AND (final = 0 OR $6 = 0)
            ON CONFLICT (rollout) DO UPDATE
            SET last_at = excluded.last_at, next = max(next, excluded.next), loose = loose + 1, bytes = bytes + excluded.bytes WHERE doomed = 0
            RETURNING loose
            """,
            static row => row.GetInt64(0),
            rollout, SqliteRows.Time(windows.From), SqliteRows.Time(windows.To), windows.First + windows.Count, data.Length,
            onlyActive ? 1 : 0);
        if (loose is not [var count]) return;
        session.Execute(
            """
            INSERT INTO windows (rollout, first, packed, data) VALUES ($1, $2, 0, $3)
            ON CONFLICT (rollout, first) DO UPDATE SET packed = 0, data = excluded.data
            """,
            rollout, windows.First, data);
        if (count >= Loose) Pack(session, rollout);
    }

    /// <summary>Makes one row of the pieces that are loose.</summary>
    public static void Pack(SqliteSession session, string rollout)
    {
        var pieces = session.Query(
            "SELECT first, data FROM windows WHERE rollout = $1 AND packed = 0 ORDER BY first",
            static row => (First: row.GetInt64(0), Data: row.GetFieldValue<byte[]>(1)), rollout);
        if (pieces.Count == 0) return;
        var packed = WindowPacking.Pack(pieces.ConvertAll(p => p.Data));
        session.Execute("DELETE FROM windows WHERE rollout = $1 AND packed = 0", rollout);
        session.Execute("INSERT INTO windows (rollout, first, packed, data) VALUES ($1, $2, 1, $3)", rollout, pieces[0].First, packed);
        session.Execute(
            "UPDATE recordings SET loose = 0, bytes = max(0, bytes + $2) WHERE rollout = $1",
            rollout, packed.Length - pieces.Sum(p => (long)p.Data.Length));
    }

    public static WindowStock Prune(SqliteSession session, WindowRetention retention)
    {
        session.Execute(
            """
            UPDATE recordings SET doomed = 1 WHERE rollout IN (
                SELECT c.rollout FROM recordings c JOIN rollouts r ON r.id = c.rollout
                WHERE c.doomed = 0 AND c.last_at < $1 AND r.final = 1 ORDER BY c.last_at LIMIT $2)
            """,
            SqliteRows.Time(retention.Before), Batch);
        var total = Total(session);
        while (total > retention.MostBytes && DoomOldest(session)) total = Total(session);

        var deleted = session.Execute(
            """
            DELETE FROM windows WHERE rowid IN (
                SELECT w.rowid FROM recordings c JOIN windows w ON w.rollout = c.rollout WHERE c.doomed = 1 LIMIT $1)
            """,
            Batch);
        session.Execute(
            "DELETE FROM recordings WHERE doomed = 1 AND NOT EXISTS (SELECT 1 FROM windows w WHERE w.rollout = recordings.rollout)");
        return new WindowStock(total, deleted == Batch);
    }

    private static long Total(SqliteSession session) => session.Number("SELECT coalesce(sum(bytes), 0) FROM recordings WHERE doomed = 0");

    private static bool DoomOldest(SqliteSession session) => session.Execute(
        """
        UPDATE recordings SET doomed = 1 WHERE rollout = (
            SELECT c.rollout FROM recordings c JOIN rollouts r ON r.id = c.rollout
            WHERE c.doomed = 0 AND r.final = 1 ORDER BY c.last_at LIMIT 1)
        """) == 1;
}
