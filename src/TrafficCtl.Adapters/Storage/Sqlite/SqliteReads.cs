using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>What is read of the file.</summary>
internal static class SqliteReads
{
    public static ServiceRecord? Load(SqliteSession session, TargetKey key) => session.Query(
        """
        SELECT s.last_good, s.last_number, s.generation, s.tried, r.state, e.data, s.queued, coalesce(c.next, 0), s.learnt, d.data
        FROM services s
        LEFT JOIN rollouts r ON r.service = s.service AND r.environment = s.environment AND r.target = s.target AND r.final = 0
        LEFT JOIN evidence e ON e.service = s.service AND e.environment = s.environment AND e.target = s.target AND e.rollout = r.id
        LEFT JOIN evidence_deltas d
            ON d.service = s.service AND d.environment = s.environment AND d.target = s.target AND d.rollout = r.id
        LEFT JOIN recordings c ON c.rollout = r.id
        WHERE s.service = $1 AND s.environment = $2 AND s.target = $3
        """,
        row => SqliteRows.Record(row, key), key.Service, key.Environment, key.Target).SingleOrDefault();

    public static ImmutableArray<Wish> PendingWishes(SqliteSession session, TargetKey key) =>
    [
        .. session.Query(
            """
            SELECT id, kind, version, who, reason, asked_from, at, idempotency_key, expected, gate, rollout, asked_as
            FROM wishes
            WHERE service = $1 AND environment = $2 AND target = $3 AND accepted IS NULL ORDER BY id
            """,
            row => SqliteRows.Wish(row, key), key.Service, key.Environment, key.Target),
    ];

    public static void Check(FactQuery query)
    {
        if (query.Limit < 1) throw new ArgumentOutOfRangeException(nameof(query), query.Limit, "At least one fact must be asked for.");
    }

    /// <param name="session">The file.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="hasTargets">False in a file of an older build, which knew only the default target.</param>
    public static ImmutableArray<Fact> Facts(SqliteSession session, FactQuery query, bool hasTargets = true)
    {
        var target = hasTargets ? "target" : $"'{TargetKey.DefaultTarget}'";
        var rollout = query.RolloutId is null ? "$5 IS NULL" : "rollout = $5";
        var key = query.Key;
        return
        [
            .. session.Query(
                $"""
                SELECT seq, at, rollout, kind, what, text, data FROM facts
                WHERE service = $1 AND environment = $2 AND {target} = $3 AND seq < $4 AND {rollout}
                ORDER BY seq DESC LIMIT $6
                """,
                row => SqliteRows.Fact(row, key),
                key.Service, key.Environment, key.Target, query.Before ?? long.MaxValue, query.RolloutId, query.Limit),
        ];
    }

    public static ImmutableArray<RecordedRollout> Recordings(SqliteSession session, RecordingQuery query) =>
    [
        .. session.Query(
            """
            SELECT r.state, c.first_at, c.last_at, c.next, c.bytes FROM recordings c JOIN rollouts r ON r.id = c.rollout
            WHERE c.doomed = 0 AND ($1 IS NULL OR r.service = $1) AND ($2 IS NULL OR r.id = $2) AND ($3 IS NULL OR c.last_at > $3)
            ORDER BY c.last_at DESC, r.number DESC LIMIT $4
            """,
            SqliteRows.Recording,
            query.Service, query.RolloutId, query.Since is { } since ? SqliteRows.Time(since) : null, query.Limit),
    ];

    /// <param name="session">The file.</param>
    /// <param name="rollout">Whose.</param>
    /// <param name="from">The first tick that is asked for: the last piece that begins there or before it, and all later ones.</param>
    public static ImmutableArray<ReadOnlyMemory<byte>> Windows(SqliteSession session, string rollout, long from) =>
    [
        .. session.Query(
            """
            SELECT packed, data FROM windows
            WHERE rollout = $1 AND first >= coalesce((SELECT max(first) FROM windows WHERE rollout = $1 AND first <= $2), 0)
            ORDER BY first
            """,
            static row => (IsPacked: row.GetInt64(0) == 1, Data: row.GetFieldValue<byte[]>(1)), rollout, from)
            .SelectMany(row => (row.IsPacked ? WindowPacking.Unpack(row.Data) : null) ?? [row.Data]),
    ];
}
