using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <param name="Holder">Who wrote it of itself; empty when it was given back.</param>
/// <param name="Renewed">When the write was sent, by the writer's clock.</param>
/// <param name="Acquired">When the holder sent its first.</param>
internal sealed record Renewal(string Holder, DateTimeOffset Renewed, DateTimeOffset Acquired);

/// <summary>Sees every write at the moment it is made, and holds it against what is saved and who is the leader at that moment.</summary>
internal sealed class SplitGuard
{
    private readonly Dictionary<string, (string? Text, Weights Allowed, int Step)> saved = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Weights> split = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> decisions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> steps = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Service, string Backend), int> shares = [];
    private readonly FakeKube kube;
    private readonly Action<string, Weights> turned;
    private ImmutableArray<Renewal> renewals = [];

    /// <param name="kube">The cluster.</param>
    /// <param name="turned">Told of each split that was written.</param>
    public SplitGuard(FakeKube kube, Action<string, Weights> turned)
    {
        (this.kube, this.turned) = (kube, turned);
        kube.Written = Look;
    }

    /// <summary>What must never be, as it was seen.</summary>
    public ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>Every write of the Lease, in order.</summary>
    public ImmutableArray<Renewal> Renewals => renewals;

    /// <summary>Who is the leader by the Lease; empty for nobody.</summary>
    public string Holder => Renewals is [.., var last] ? last.Holder : "";

    /// <summary>Decisions that were saved by one controller.</summary>
    public int DecisionsOf(string who) => decisions.GetValueOrDefault(who);

    public int Decisions => decisions.Values.Sum();

    /// <summary>Splits that were written.</summary>
    public int Turns { get; private set; }

    /// <summary>Services whose routing object was put on this step, counted from 0, or a later one.</summary>
    public int AtStep(int step) => steps.Values.Count(s => s >= step);

    private void Look(KubeWritten written)
    {
        if (written.By is not { Token.Length: > 0 } by) return;
        if (written.Resource == "leases")
        {
            Renew(written.Now["spec"]!);
            return;
        }

        // A token is its bearer's name, and which of its tokens it is.
        var who = by.Token.Split('~')[0];
        // An event tells of what was decided while it led, however late it comes: it moves nothing.
        if (who != Holder && written.Resource != "events")
            Wrong.Enqueue($"{by} was written by {who} while {(Holder.Length == 0 ? "nobody" : Holder)} held the Lease");
        var name = (string)written.Now["metadata"]!["name"]!;
        switch (written.Resource)
        {
            case "deliveries": Save(name, who, written); break;
            case "virtualservices": Turn(name, written.Now); break;
        }
    }

    private void Renew(JsonNode spec) =>
        renewals = renewals.Add(new Renewal((string?)spec["holderIdentity"] ?? "", Time(spec["renewTime"]), Time(spec["acquireTime"])));

    private void Save(string name, string who, KubeWritten written)
    {
        if (GenerationOf(written.Now) > GenerationOf(written.Old)) decisions.AddOrUpdate(who, 1, static (_, n) => n + 1);
        var text = (string?)written.Now["status"]?["record"]?["active"];
        if (saved.TryGetValue(name, out var last) && last.Text == text) return;
        var state = text is null ? null : RolloutJson.ReadState(text);
        var allowed = state is null ? Weights.AllStable : Exposures.For(state.Plan, state.Phase).Highest;
        saved[name] = (text, allowed, state?.Phase.StepIn(state.Plan) ?? -1);
        // A decision to lower it is saved first, and written then.
        if (allowed >= last.Allowed) Check(name, $"a decision was saved by {who}");
    }

    private void Turn(string name, JsonObject route)
    {
        var backends = route["spec"]!["http"]!.AsArray().Single(h => (string?)h!["name"] == "primary")!["route"]!.AsArray()
            .Select(r => (Host: (string)r!["destination"]!["host"]!, Weight: (int?)r["weight"] ?? 0)).ToArray();
        var weight =
            Weights.OfCandidate(backends.Where(b => b.Host != name).Sum(b => b.Weight) * Weights.Total / backends.Sum(b => b.Weight));
        split[name] = weight;
        Turns++;
        foreach (var (host, share) in backends) Raise(name, host, share * Weights.Total / backends.Sum(b => b.Weight));
        Check(name, "the split was written");
        if (saved.TryGetValue(name, out var record))
            steps[name] = Math.Max(steps.GetValueOrDefault(name, -1), weight == record.Allowed ? record.Step : -1);
        turned(name, weight);
    }

    /// <summary>Nothing is raised that cannot answer.</summary>
    private void Raise(string name, string backend, int share)
    {
        var isRaised = shares.TryGetValue((name, backend), out var before) && share > before;
        shares[(name, backend)] = share;
        var slice = kube.Get(new KubeName(KubeKind.EndpointSlice, ShopService.Namespace, $"{backend}-1"));
        if (isRaised && slice?["endpoints"] is not JsonArray { Count: > 0 })
            Wrong.Enqueue($"{name} was given {share} of 10000 on {backend}, which has no ready endpoint");
    }

    private void Check(string name, string when)
    {
        var (allowed, found) = (
            saved.TryGetValue(name, out var record) ? record.Allowed : Weights.AllStable, split.GetValueOrDefault(name));
        if (found > allowed) Wrong.Enqueue($"{name} sends {found} to its candidate when {when}; its record allows {allowed}");
    }

    private static long GenerationOf(JsonObject? delivery) => (long?)delivery?["status"]?["record"]?["generation"] ?? 0;

    private static DateTimeOffset Time(JsonNode? text) => DateTimeOffset.Parse((string)text!, CultureInfo.InvariantCulture);
}
