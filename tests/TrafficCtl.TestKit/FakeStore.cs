using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

/// <summary>A store in memory that keeps the contract of <see cref="IStore"/> to the letter, and refuses what breaks it.</summary>
public sealed class FakeStore(PortCalls? calls = null) : IStore
{
    private readonly Lock gate = new();
    private readonly PortCalls calls = calls ?? new PortCalls();
    private readonly Dictionary<TargetKey, ServiceRecord> records = [];
    private readonly List<Wish> wishes = [];
    private readonly HashSet<long> answered = [];
    private readonly List<Fact> facts = [];
    private readonly Dictionary<string, SortedDictionary<long, RecordedWindows>> windows = [];
    private readonly Dictionary<string, RolloutState> states = [];

    /// <summary>False makes it a store of single commits, some at once.</summary>
    public bool CommitsTogether { get; set; } = true;

    public TimeSpan CheckpointEvery { get; set; } = TimeSpan.FromSeconds(10);

    public bool KeepsDeltas { get; set; } = true;

    /// <summary>Every call fails while it is set.</summary>
    public bool IsGone { get; set; }

    /// <summary>Wishes are recorded after it, as by a disk that hangs; null for at once.</summary>
    public Task? Hangs { get; set; }

    /// <summary>The record of this service cannot be read; all else can.</summary>
    public TargetKey? Unreadable { get; set; }

    /// <summary>Thrown by the next commits while it is set: a fault that the contract does not know.</summary>
    public Func<ImmutableArray<Commit>, Exception?> Poison { get; set; } = _ => null;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Fact> Facts => facts;

    public IReadOnlyCollection<long> AnsweredWishes => answered;

    /// <summary>How many wishes were recorded, answered or not.</summary>
    public int RecordedWishes
    {
        get
        {
            lock (gate) return wishes.Count;
        }
    }

    /// <summary>Gets each record that a commit saves.</summary>
    public Action<ServiceRecord>? OnSaved { get; set; }

    /// <summary>The batches that were saved: how many commits each held.</summary>
    public IList<int> Batches { get; } = [];

    public IList<ImmutableArray<Checkpoint>> CheckpointBatches { get; } = [];

    /// <summary>What was asked for, newest last.</summary>
    public IList<WindowRetention> Prunings { get; } = [];

    /// <summary>The answer to the next prunings.</summary>
    public WindowStock Stock { get; set; }

    public ServiceRecord? Find(TargetKey key) => records.GetValueOrDefault(key);

    /// <summary>The recorded pieces of a rollout, without a call of the port.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> FindWindows(string rolloutId) =>
        windows.TryGetValue(rolloutId, out var kept) ? [.. kept.Values.Select(w => w.Data)] : [];

    /// <summary>What another process would have left.</summary>
    public void Put(ServiceRecord record) => records[record.Key] = record;

    public ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop) => Call(() => Unreadable == key
        ? throw new StoreUnavailableException($"the fake record of {key} is torn") { Only = key }
        : records.GetValueOrDefault(key) is { Active: { } active } record && windows.TryGetValue(active.Id, out var kept) && kept.Count > 0
            ? record with { Recorded = kept.Values.Max(w => w.First + w.Count) }
            : records.GetValueOrDefault(key));

    public ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop)
    {
        var done = Call(() =>
        {
            if (!CommitsTogether && commits.Length > 1) throw new ArgumentException("one at a time", nameof(commits));
            if (Poison(commits) is { } poison) throw poison;
            foreach (var commit in commits)
            {
                var found = records.TryGetValue(commit.Record.Key, out var held) ? held.Generation : -1;
                if (found != commit.ExpectedGeneration)
                    throw new StaleGenerationException(commit.Record.Key, commit.ExpectedGeneration, found);
                if (commit.Record.Generation <= found)
                    throw new InvalidOperationException($"{commit.Record.Key}: generation {commit.Record.Generation} does not rise");
                foreach (var outcome in commit.Wishes)
                    if (answered.Contains(outcome.Wish.Id))
                        throw new InvalidOperationException($"wish {outcome.Wish.Id} is answered twice");
            }

            foreach (var commit in commits) Save(commit);
            Batches.Add(commits.Length);
            return true;
        });
        return done.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(done.AsTask());
    }

    public ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop)
    {
        var done = Call(() =>
        {
            foreach (var checkpoint in checkpoints)
                if (records.TryGetValue(checkpoint.Key, out var held) && held.Active?.Id == checkpoint.RolloutId)
                {
                    records[checkpoint.Key] = checkpoint.IsDelta
                        ? held with { Delta = checkpoint.Evidence.ToArray() }
                        : held with { Evidence = checkpoint.Evidence.ToArray() };
                    Keep(checkpoint.RolloutId, checkpoint.Windows);
                }
            CheckpointBatches.Add([.. checkpoints.Select(c => c with { Evidence = c.Evidence.ToArray() })]);
            return true;
        });
        return done.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(done.AsTask());
    }

    public async ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop)
    {
        if (Hangs is { } until) await until;
        return await Call(() =>
        {
            var recorded = wish with { Id = wishes.Count + 1 };
            wishes.Add(recorded);
            return recorded;
        });
    }

    public ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop) => Call<ImmutableArray<Wish>>(() =>
        [.. wishes.Where(w => w.Key == key && !answered.Contains(w.Id))]);

    public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop) => Call<ImmutableArray<Fact>>(() =>
        [.. facts.Where(f => f.Key == query.Key
            && (query.RolloutId is null || f.RolloutId == query.RolloutId)
            && (query.Before is null || f.Seq < query.Before))
            .Reverse().Take(query.Limit)]);

    public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(
        RecordingQuery query, CancellationToken stop) => Call<ImmutableArray<RecordedRollout>>(() =>
        [.. windows.Where(w => w.Value.Count > 0).Select(w => RecordingOf(states[w.Key], w.Value.Values))
            .Where(r => (query.Service is null || r.State.Service == query.Service)
                && (query.RolloutId is null || r.State.Id == query.RolloutId)
                && (query.Since is null || r.To > query.Since))
            .OrderByDescending(r => r.To).Take(query.Limit)]);

    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(
        string rolloutId, long from, CancellationToken stop) => Call<ImmutableArray<ReadOnlyMemory<byte>>>(() =>
        windows.TryGetValue(rolloutId, out var kept) ? [.. kept.Values.Where(w => w.First + w.Count > from).Select(w => w.Data)] : []);

    public ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop) => Call(() =>
    {
        Prunings.Add(retention);
        return Stock;
    });

    private static RecordedRollout RecordingOf(RolloutState state, ICollection<RecordedWindows> kept) => new(
        state, kept.First().From, kept.Last().To, kept.Max(w => w.First + w.Count), kept.Sum(w => (long)w.Data.Length));

    private void Keep(string rolloutId, RecordedWindows? piece)
    {
        if (piece is null) return;
        if (!windows.TryGetValue(rolloutId, out var kept)) windows[rolloutId] = kept = [];
        kept[piece.First] = piece with { Data = piece.Data.ToArray() };
    }

    private void Save(Commit commit)
    {
        OnSaved?.Invoke(commit.Record);
        records[commit.Record.Key] = commit.Record with { Evidence = commit.Record.Evidence.ToArray() };
        if (commit.Rollout is { } about)
        {
            states[about.Id] = about;
            Keep(about.Id, commit.Windows);
        }

        foreach (var fact in commit.Facts) facts.Add(fact with { Seq = facts.Count + 1 });
        foreach (var outcome in commit.Wishes) answered.Add(outcome.Wish.Id);
    }

    private ValueTask<T> Call<T>(Func<T> effect, [CallerMemberName] string name = "")
    {
        try
        {
            lock (gate) return ValueTask.FromResult(calls.Make(() => IsGone ? throw Gone() : effect(), Gone, "store", name));
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<T>(fault);
        }

        StoreUnavailableException Gone() => new("the fake store is gone");
    }
}
