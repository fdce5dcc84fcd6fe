using System.Buffers;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>Sequential comparison of the candidate with stable, valid at every look. One per rollout and population.</summary>
public sealed class Judge
{
    /// <summary>The layout from which on requests that were abandoned late are counted.</summary>
    internal const int LayoutWithWaits = 3;

    /// <summary>The layout from which on the user with most failures is followed.</summary>
    internal const int LayoutWithUsers = 4;

    /// <summary>The layout from which on client errors and sizes are followed.</summary>
    internal const int LayoutWithClients = 5;

    /// <summary>The layout from which on route groups are saved.</summary>
    internal const int LayoutWithPaths = 6;

    /// <summary>The layout from which on the user with most client errors is followed.</summary>
    internal const int LayoutWithTopClients = 7;

    private const int Layout = LayoutWithTopClients, OldestLayout = 2;

    private readonly Evidence evidence;

    /// <summary>
    /// Begins without evidence. The baseline is copied: it goes on with the ticks observed here, and freezes when stable has no traffic.
    /// </summary>
    /// <param name="analysis">What is compared, and what "worse" means.</param>
    /// <param name="baseline">Stable's past.</param>
    /// <param name="paths">The route groups of the rollout; null where routes are not measured.</param>
    public Judge(Analysis analysis, Baseline baseline, PathGroups? paths = null) =>
        evidence = new Evidence(analysis, baseline.Copy(), paths);

    internal Evidence Evidence => evidence;

    /// <summary>Absorbs one tick of both arms, concurrent. Allocates nothing.</summary>
    public void Observe(in Tick tick) => evidence.Compare(tick, ComparedWith.Stable);

    /// <summary>Absorbs one tick where only harm may be concluded: a cohort at 100 % against stable users outside it.</summary>
    public void ObserveHarm(in Tick tick) => evidence.Compare(tick, ComparedWith.Outside);

    /// <summary>
    /// Absorbs one tick where the candidate answers copies of stable's requests: only harm may be concluded, and no share of traffic is
    /// due.
    /// </summary>
    public void ObserveShadow(in Tick tick) => evidence.Compare(tick, ComparedWith.Copied);

    /// <summary>Absorbs one tick without a concurrent stable arm, against the frozen baseline (tolerance × 3 + 1 pp).</summary>
    public void ObserveHistorical(in Tick tick) => evidence.CompareWithPast(tick);

    /// <summary>
    /// The verdict on moving to <paramref name="next"/>: pass means non-inferiority at its margin. Never pass where only harm is compared.
    /// </summary>
    public Judgement Decide(Weights next) => Verdicts.Of(evidence, next);

    /// <summary>
    /// Puts into a past what another rollout of the service may begin with: how clustered its errors and slow requests are.
    /// </summary>
    public void Teach(Baseline past) => evidence.Teach(past);

    /// <summary>The verdict of <see cref="Decide"/> without its findings and words. Allocates nothing.</summary>
    public Verdict VerdictFor(Weights next) => Verdicts.Quick(evidence, Margins.For(next));

    /// <summary>The route groups that are compared; null when none are.</summary>
    public PathGroups? Paths => evidence.Paths;

    /// <summary>At most 16 KiB, with 50 routes 64; restoring it continues exactly.</summary>
    public void Save(IBufferWriter<byte> to)
    {
        var body = new ArrayBufferWriter<byte>(8192);
        var writer = new StateWriter(body);
        writer.Count(Layout);
        writer.Doubles(Fingerprint(evidence.Analysis, evidence.Past.Layout, Layout));
        SavePaths(writer, evidence.Paths);
        evidence.Save(writer);
        Sealed.Write(body.WrittenSpan, to);
    }

    /// <summary>
    /// Null when the bytes are damaged, of another layout or of other tolerances: then evidence starts anew, and the caller says so.
    /// </summary>
    public static Judge? Restore(ReadOnlySpan<byte> saved, Analysis analysis, LatencyLayout? layout = null)
    {
        layout ??= LatencyLayout.Proxy;
        if (!Sealed.TryOpen(saved, out var body)) return null;
        var reader = new StateReader(body);
        reader.Layout = (int)Math.Clamp(reader.Count(), 0, int.MaxValue);
        if (reader.Layout is < OldestLayout or > Layout) return null;
        foreach (var value in Fingerprint(analysis, layout, reader.Layout))
            if (BitConverter.DoubleToInt64Bits(reader.Double()) != BitConverter.DoubleToInt64Bits(value)) return null;
        PathGroups? paths = null;
        if (reader.Layout >= LayoutWithPaths && !TryLoadPaths(ref reader, out paths)) return null;
        var judge = new Judge(analysis, new Baseline(layout), paths);
        judge.evidence.Load(ref reader);
        return reader.IsComplete ? judge : null;
    }

    private static void SavePaths(StateWriter to, PathGroups? paths)
    {
        to.Count(paths is null ? 0 : 1 + paths.Depth);
        if (paths is null) return;
        to.Count(paths.Names.Length);
        foreach (var name in paths.Names) to.Text(name);
    }

    private static bool TryLoadPaths(ref StateReader from, out PathGroups? paths)
    {
        paths = null;
        var depth = from.Index(PathGroups.MostDepth + 2) - 1;
        if (depth < 0) return !from.Failed;
        var names = new string[from.Index(PathGroups.Most + 1)];
        for (var i = 0; i < names.Length; i++) names[i] = from.Text(PathGroups.MostName);
        if (from.Failed) return false;
        paths = depth == 0 ? PathGroups.OfNames(names) : PathGroups.Of(depth, names);
        return true;
    }

    private static double[] Fingerprint(Analysis analysis, LatencyLayout layout, int version) =>
    [
        analysis.Alpha, analysis.AlphaNonInferiority, analysis.Tick.TotalSeconds,
        analysis.ErrorWarmUp.TotalSeconds, analysis.LatencyWarmUp.TotalSeconds,
        analysis.Errors.WorseBy, (int)analysis.Errors.Then,
        analysis.Latency.Quantile, analysis.Latency.WorseBy, (int)analysis.Latency.Then,
        analysis.Users?.WorseBy ?? -1, (int)(analysis.Users?.Then ?? Consequence.Rollback),
        .. analysis.Metrics.SelectMany(m => new[] { (int)m.Direction, m.WorseBy, (int)m.Then, m.Limit ?? -1 }),
        .. version >= LayoutWithClients
            ? new[] { analysis.ClientErrors.WorseBy, (int)analysis.ClientErrors.Then, analysis.ResponseSize.Factor }
            : [],
        layout.Count, layout.UpperSeconds(0), layout.UpperSeconds(layout.Overflow - 1),
    ];
}
