using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Drift;

/// <summary>
/// Compares what stands in the object with what was last written there, and remembers what was found until it is settled.
/// </summary>
internal sealed class DriftWatch(MeshSettings settings, TimeProvider clock)
{
    private readonly Queue<long> corrections = [];
    private WantedSplit? askedThen;
    private bool isTold, isSettled;

    /// <summary>Null while the object says what was written.</summary>
    public Control.Ports.Drift? Held { get; private set; }

    /// <summary>For the status: what is reported may be corrected from now on.</summary>
    public Control.Ports.Drift? Tell()
    {
        isTold = Held is not null;
        return Held;
    }

    /// <summary>Whether a split may be written now.</summary>
    public bool Admits(WantedSplit wanted) =>
        Held is not { } drift || isSettled || !wanted.IsSame(askedThen) || (drift.Answer == DriftAnswer.Correct && isTold);

    /// <summary>A person has decided: the asked split is written again.</summary>
    public void Settle() => isSettled = Held is not null;

    /// <summary>The asked split was written over it.</summary>
    public void Written()
    {
        if (Held is { Answer: DriftAnswer.Correct }) corrections.Enqueue(clock.GetTimestamp());
        Clear();
    }

    /// <param name="found">Null when an object of our own is not there.</param>
    /// <param name="entry">What was last written; null when nothing ever was.</param>
    /// <param name="isInDoubt">The last write may not have happened.</param>
    /// <param name="wanted">The asked split.</param>
    public void Look(RouteScene scene, IMeshDialect dialect, LiveShares? found, LedgerEntry? entry, bool isInDoubt, WantedSplit wanted)
    {
        if (entry is null
            || found?.Says(wanted.Shares) == true
            || Says(found, entry, isInDoubt, FieldManagerOn(scene, dialect))
            || FieldManagerOn(scene, dialect)?.Manager == settings.Manager)
        {
            Clear();
            return;
        }

        if (found is null) Hold(DriftRule.Structural(What(scene, dialect), null, "it was deleted; resume to make it again"), wanted);
        else if (entry.Now.Of.FirstOrDefault(s => !found.Has(s.Service)) is { Service: { } gone })
            Hold(DriftRule.Structural(
                What(scene, dialect), FieldManagerOn(scene, dialect),
                $"it has no destination {gone} any more, which is to take {entry.Now}; add it again"), wanted);
        else Hold(DriftRule.Judge(Case(scene, dialect, found, entry, wanted), settings), wanted);
    }

    /// <summary>The object can no longer be read.</summary>
    public void LookAtBroken(RouteScene scene, IMeshDialect dialect, MeshException fault, WantedSplit? wanted) =>
        Hold(fault.Fault == MeshFault.NotFound
            ? DriftRule.Gone(fault.Message)
            : DriftRule.Structural(What(scene, dialect), FieldManagerOn(scene, dialect), fault.Message), wanted);

    private DriftCase Case(RouteScene scene, IMeshDialect dialect, LiveShares found, LedgerEntry entry, WantedSplit wanted)
    {
        while (corrections.TryPeek(out var oldest) && clock.GetElapsedTime(oldest) > settings.FlapWindow) corrections.Dequeue();
        var candidate = wanted.Candidate?.Service;
        var wrote = Weights.OfCandidate(candidate is null ? 0 : entry.Now.Share(candidate));
        return new DriftCase(What(scene, dialect), scene.Target.Drift, found.Of(candidate), wrote, FieldManagerOn(scene, dialect))
        {
            FoundText = found.IsDefined ? found.Rounded.ToString() : "no weight at all",
            WroteText = entry.Now.ToString(),
            IsExposed = wanted.Highest > Weights.AllStable || wanted.IsShadow,
            RecentCorrections = corrections.Count,
            IsShadowLowered = found.Shadow.Candidate < entry.Now.Shadow,
        };
    }

    /// <summary>The same finding stays the same drift, so that it is answered once.</summary>
    private void Hold(Control.Ports.Drift drift, WantedSplit? wanted)
    {
        if (Held is { } held && held.Found == drift.Found && held.Who == drift.Who && held.At == drift.At) return;
        (Held, askedThen, isTold, isSettled) = (drift, wanted, false, false);
    }

    private void Clear() => (Held, askedThen, isTold, isSettled) = (null, null, false, false);

    /// <summary>
    /// Who last wrote the object with the general weights; null where it is not known. Where another rule of it is written too, the
    /// controller's own entry may be of that one, and has taken the place of whoever wrote before: lists of rules are owned as a whole.
    /// </summary>
    public FieldManager? FieldManagerOn(RouteScene scene, IMeshDialect dialect)
    {
        var (of, name) = dialect.Objects(scene)[0];
        var newest = scene.Find(of, name) is { } live ? FieldManager.Newest(live, settings.Manager) : null;
        return newest?.Manager == settings.Manager && scene.Target.SharesObject ? null : newest;
    }

    private static bool Says(LiveShares? found, LedgerEntry entry, bool isInDoubt, FieldManager? manager) => found is null
        ? isInDoubt && entry.Before is null
        : found.Rounded.Equals(entry.Now) || (isInDoubt && found.Rounded.Equals(entry.Before) && manager?.Mark == entry.By);

    private static string What(RouteScene scene, IMeshDialect dialect)
    {
        var (of, name) = dialect.Objects(scene)[0];
        return dialect.Home == MeshHome.Kubernetes ? $"{of.Kind} {scene.Namespace}/{name}" : $"{of.Kind} {name}";
    }
}
