using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Adapters.Storage.Sqlite;

/// <summary>What one decision, checkpoint or wish writes. Always inside the caller's transaction.</summary>
internal static class SqliteCommits
{
    public static void Save(SqliteSession session, Commit commit)
    {
        var record = commit.Record;
        if (record.Generation <= commit.ExpectedGeneration)
            throw new ArgumentException(
                $"{record.Key}: a decision made from generation {commit.ExpectedGeneration} cannot be saved as {record.Generation}.",
                nameof(commit));
        Fence(session, record, commit.ExpectedGeneration);
        if (commit.Rollout is { } about && about.Id != record.Active?.Id) Save(session, about);
        if (record.Active is { } active) Save(session, active);
        SaveEvidence(session, record);
        foreach (var outcome in commit.Wishes) Answer(session, outcome, record.Generation);
        foreach (var fact in commit.Facts) Append(session, fact);
    }

    /// <summary>What the decision's rollout was judged by; all of it as one block when the rollout is over.</summary>
    public static void SaveWindows(SqliteSession session, Commit commit)
    {
        if (commit.Rollout is not { } about) return;
        if (commit.Windows is { } windows) SqliteWindows.Append(session, about.Id, windows);
        if (about.Phase.IsFinal) SqliteWindows.Pack(session, about.Id);
    }

    /// <remarks>
    /// A whole checkpoint leaves the difference to the one before it: its seal tells that it is of another. That spares a statement.
    /// </remarks>
    public static void Save(SqliteSession session, Checkpoint checkpoint) => session.Execute(
        checkpoint.IsDelta ? SaveDelta : SaveWhole,
        checkpoint.RolloutId, checkpoint.Key.Service, checkpoint.Key.Environment, checkpoint.Key.Target, checkpoint.Evidence.ToArray());

    private const string SaveWhole =
        """
        INSERT INTO evidence (service, environment, target, rollout, data)
        SELECT service, environment, target, id, $5 FROM rollouts
        WHERE id = $1 AND service = $2 AND environment = $3 AND target = $4 AND final = 0
        ON CONFLICT (service, environment, target) DO UPDATE SET rollout = excluded.rollout, data = excluded.data
        """;

    private const string SaveDelta =
        """
        INSERT INTO evidence_deltas (service, environment, target, rollout, data)
        SELECT service, environment, target, id, $5 FROM rollouts
        WHERE id = $1 AND service = $2 AND environment = $3 AND target = $4 AND final = 0
        ON CONFLICT (service, environment, target) DO UPDATE SET rollout = excluded.rollout, data = excluded.data
        """;

    public static void SaveWindows(SqliteSession session, Checkpoint checkpoint)
    {
        if (checkpoint.Windows is { } windows) SqliteWindows.Append(session, checkpoint.RolloutId, windows, onlyActive: true);
    }

    public static long Record(SqliteSession session, Wish wish) => session.Number(
        """
        INSERT INTO wishes (service, environment, target, kind, version, who, reason, asked_from, at, idempotency_key, expected, gate,
            rollout, asked_as)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id
        """,
        wish.Key.Service, wish.Key.Environment, wish.Key.Target, wish.Kind.ToString(), wish.Version, wish.Who, wish.Reason, wish.From,
        SqliteRows.Time(wish.At), wish.IdempotencyKey, wish.ExpectedGeneration, wish.Vote?.Gate, wish.Vote?.Rollout, wish.Vote?.As);

    /// <summary>The target's row, only if nobody saved since the decision's state was read.</summary>
    private static void Fence(SqliteSession session, ServiceRecord record, long expected)
    {
        var (key, tried) = (record.Key, RolloutJson.Write(record.Tried));
        var changed = expected < 0
            ? session.Execute(
                """
                INSERT INTO services (service, environment, target, last_good, last_number, generation, tried, queued, learnt)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
                """,
                key.Service, key.Environment, key.Target, record.LastGood, record.LastNumber, record.Generation, tried, record.Queued,
                record.Learnt.ToArray())
            : session.Execute(
                """
                UPDATE services SET last_good = $4, last_number = $5, generation = $6, tried = $7, queued = $8, learnt = $9
                WHERE service = $1 AND environment = $2 AND target = $3 AND generation = $10
                """,
                key.Service, key.Environment, key.Target, record.LastGood, record.LastNumber, record.Generation, tried, record.Queued,
                record.Learnt.ToArray(), expected);
        if (changed == 1) return;
        var found = session.Query(
            "SELECT generation FROM services WHERE service = $1 AND environment = $2 AND target = $3", static row => row.GetInt64(0),
            key.Service, key.Environment, key.Target);
        throw new StaleGenerationException(key, expected, found is [var generation] ? generation : -1);
    }

    private static void Save(SqliteSession session, RolloutState state) => session.Execute(
        """
        INSERT INTO rollouts (id, service, environment, target, number, phase, final, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, final = excluded.final, state = excluded.state
        """,
        state.Id, state.Service, state.Environment, state.Target, state.Number, state.Phase.Name, state.Phase.IsFinal ? 1 : 0,
        RolloutJson.Write(state));

    private const string DeleteWhole = "DELETE FROM evidence WHERE service = $1 AND environment = $2 AND target = $3";
    private const string DeleteDelta = "DELETE FROM evidence_deltas WHERE service = $1 AND environment = $2 AND target = $3";

    /// <summary>Evidence is of the active rollout alone; what ended is in the facts.</summary>
    private static void SaveEvidence(SqliteSession session, ServiceRecord record)
    {
        var (key, active) = (record.Key, record.Active?.Id);
        var keep = active is not null && !record.Evidence.IsEmpty;
        if (keep) Save(session, new Checkpoint(key, active!, record.Evidence));
        else
        {
            session.Execute(DeleteWhole, key.Service, key.Environment, key.Target);
            session.Execute(DeleteDelta, key.Service, key.Environment, key.Target);
        }

        if (active is null && session.Number(
            "SELECT count(*) FROM rollouts WHERE service = $1 AND environment = $2 AND target = $3 AND final = 0",
            key.Service, key.Environment, key.Target) > 0)
            throw new InvalidOperationException(
                $"{key}: the decision names no active rollout, and does not end the one that the store holds. Nothing was saved.");
    }

    private static void Answer(SqliteSession session, WishOutcome outcome, long generation)
    {
        var changed = session.Execute(
            "UPDATE wishes SET accepted = $2, answer = $3, generation = $4 WHERE id = $1",
            outcome.Wish.Id, outcome.Accepted ? 1 : 0, outcome.Answer, generation);
        if (changed != 1) throw new InvalidOperationException($"Wish {outcome.Wish.Id} was never recorded. Nothing was saved.");
    }

    private static void Append(SqliteSession session, Fact fact) => session.Execute(
        "INSERT INTO facts (at, service, environment, target, rollout, kind, what, text, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        SqliteRows.Time(fact.At), fact.Key.Service, fact.Key.Environment, fact.Key.Target, fact.RolloutId, fact.Kind, fact.What, fact.Text,
        fact.Data);
}
