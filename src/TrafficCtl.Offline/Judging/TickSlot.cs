using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>One tick of a trace on its way to the judge, or the end of a trace. Reused.</summary>
internal sealed class TickSlot
{
    /// <summary>Stands in while no latency was seen.</summary>
    public static readonly LatencyLayout NoLayout = LatencyLayout.Of([1]);

    private readonly Counts[] placebos = new Counts[Core.Signals.Tick.MostPlacebos];
    private Counts[]? used;
    private MetricPair[]? metrics;

    /// <summary>Not null: the trace has ended, and nothing else here counts.</summary>
    public TraceEnd? End { get; set; }

    public double T { get; set; }

    /// <summary>Seconds since the tick before it.</summary>
    public double Seconds { get; set; }

    /// <summary>The file says how long a tick is.</summary>
    public bool IsLengthGiven { get; set; }

    /// <summary>The layout of the trace so far; null while no line had latency.</summary>
    public LatencyLayout? Layout { get; private set; }

    public Counts Stable { get; private set; } = new(NoLayout);

    public Counts Candidate { get; private set; } = new(NoLayout);

    public Weights Weights { get; set; }

    public bool IsSplitGuessed { get; set; }

    /// <summary>The user with the most requests in the trace's last minutes.</summary>
    public TopUser Top { get; set; }

    /// <summary>The same of client errors.</summary>
    public TopUser TopClient { get; set; }

    /// <summary>What the top user did in the window, on the candidate and on stable.</summary>
    public (TopWindow Candidate, TopWindow Stable) TopOfWindow { get; private set; }

    public (TopWindow Candidate, TopWindow Stable) TopClientOfWindow { get; private set; }

    public Tick Tick => new(Seconds, Stable, Candidate, Weights, StableUsers, CandidateUsers)
    {
        IsSplitGuessed = IsSplitGuessed,
        Top = Top,
        TopClient = TopClient,
        StableFlow = StableFlow,
        CandidateFlow = CandidateFlow,
        Placebos = used,
        Metrics = metrics,
        Paths = Paths,
    };

    /// <summary>The route groups of the trace; null before any window has some.</summary>
    public PathGroups? Paths { get; set; }

    private UserCounts StableUsers { get; set; }

    private UserCounts CandidateUsers { get; set; }

    private UserFlow StableFlow { get; set; }

    private UserFlow CandidateFlow { get; set; }

    /// <summary>Begins a tick without traffic.</summary>
    public void Clear(LatencyLayout? layout, int metricCount)
    {
        Fit(layout);
        (End, IsLengthGiven, used, Paths) = (null, false, null, null);
        (StableUsers, CandidateUsers, StableFlow, CandidateFlow) = (default, default, default, default);
        (Top, TopClient) = (default, default);
        TopOfWindow = TopClientOfWindow = (TopWindow.None, TopWindow.None);
        Stable.Clear();
        Candidate.Clear();
        if (metricCount == 0) return;
        metrics ??= new MetricPair[metricCount];
        metrics.AsSpan().Fill(new MetricPair(double.NaN, double.NaN));
    }

    /// <summary>Gives the counts this layout; they must hold no latency of another one.</summary>
    public void Fit(LatencyLayout? layout)
    {
        Layout = layout;
        var wanted = layout ?? NoLayout;
        if (ReferenceEquals(Stable.Layout, wanted)) return;
        Stable = Fitted(Stable, wanted);
        Candidate = Fitted(Candidate, wanted);
        for (var i = 0; i < placebos.Length; i++)
            if (placebos[i] is { } placebo) placebos[i] = Fitted(placebo, wanted);
        if (used is not null) used = placebos[..used.Length];
    }

    /// <param name="window">The window of one arm.</param>
    /// <param name="usual">Seconds that stable usually takes to answer; infinity while that is unknown.</param>
    /// <param name="routes">That the trace is compared by; null for none.</param>
    public void Absorb(FileWindow window, double usual, PathGroups? routes)
    {
        Paths = routes;
        var isCandidate = window.Arm == Arm.Candidate;
        var counts = isCandidate ? Candidate : Stable;
        var latency = window.Layout is null ? default : window.Latency.Counts;
        Fill(counts, window.Requests, window.Errors, window.Late, latency, window.Abandoned.Counts);
        if (window.RawErrors > window.Errors)
        {
            // As many requests as failures are left out: those of users beyond their third one.
            counts.Excess = window.RawErrors - window.Errors;
            counts.ByOutcome[(int)Outcome.Success] = window.Requests - window.RawErrors;
            counts.ByOutcome[(int)Outcome.ServerError] = window.RawErrors;
        }

        if (window.ClientErrors >= 0)
        {
            counts.TellsClientErrors = true;
            var all = Math.Max(window.ClientErrors, window.RawClientErrors);
            (counts.CappedClientErrors, counts.ClientErrorExcess) = (window.ClientErrors, all - window.ClientErrors);
            counts.ByOutcome[(int)Outcome.ClientError] = all;
            counts.ByOutcome[(int)Outcome.Success] -= all;
            if (window.Statuses.AsSpan().ContainsAnyExcept(0)) window.Statuses.CopyTo(counts.Statuses(), 0);
        }

        if (window.Sizes.AsSpan().ContainsAnyExcept(0)) window.Sizes.CopyTo(counts.Measure(), 0);
        foreach (var (left, after) in window.Aborted)
        {
            counts.Abandon()[counts.Layout.IndexOf(after)] += left;
            if (after > usual) (counts.Late, counts.CappedLate) = (counts.Late + left, counts.CappedLate + left);
        }

        if (routes is not null) Fill(counts.ByPath(routes.Count), routes, window);
        var (top, client) = (TopOfWindow, TopClientOfWindow);
        TopOfWindow = isCandidate ? (window.TopUser, top.Stable) : (top.Candidate, window.TopUser);
        TopClientOfWindow = isCandidate ? (window.TopClient, client.Stable) : (client.Candidate, window.TopClient);
        if (isCandidate) (CandidateUsers, CandidateFlow) = (window.Users, window.Flow);
        else (StableUsers, StableFlow) = (window.Users, window.Flow);
        for (var i = 0; i < window.Metrics.Length; i++)
            metrics![i] = isCandidate ? metrics[i] with { Candidate = window.Metrics[i] } : metrics[i] with { Stable = window.Metrics[i] };
        if (window.PlaceboCount == 0) return;
        for (var i = 0; i < window.PlaceboCount; i++)
        {
            var placebo = placebos[i] ??= new Counts(Stable.Layout);
            placebo.Clear();
            var given = window.Placebos[i];
            Fill(placebo, given.Requests, given.Errors, given.Late, given.Latency.Counts, given.Abandoned.Counts);
        }

        if (used?.Length != window.PlaceboCount) used = placebos[..window.PlaceboCount];
    }

    public void CopyFrom(TickSlot other)
    {
        Clear(other.Layout, other.metrics?.Length ?? 0);
        Paths = other.Paths;
        (T, Seconds, IsLengthGiven) = (other.T, other.Seconds, other.IsLengthGiven);
        (Weights, IsSplitGuessed, Top, TopClient) = (other.Weights, other.IsSplitGuessed, other.Top, other.TopClient);
        (StableUsers, CandidateUsers, StableFlow, CandidateFlow) = (
            other.StableUsers, other.CandidateUsers, other.StableFlow, other.CandidateFlow);
        Stable.CopyFrom(other.Stable);
        Candidate.CopyFrom(other.Candidate);
        other.metrics?.CopyTo(metrics!, 0);
        if (other.used is not { } theirs) return;
        for (var i = 0; i < theirs.Length; i++) (placebos[i] ??= new Counts(Stable.Layout)).CopyFrom(theirs[i]);
        used = placebos[..theirs.Length];
    }

    private static void Fill(PathCounts paths, PathGroups groups, FileWindow window)
    {
        foreach (var route in window.Routes)
        {
            var group = groups.Find(route.Name);
            paths[group, PathCount.Requests] += route.Requests;
            paths[group, PathCount.Failures] += route.Errors;
            // Nobody says whose they are.
            if (route.Errors > 0) paths[group, PathCount.FailingUsers] = -1;
            if (route.ClientErrors >= 0)
            {
                paths[group, PathCount.ClientRequests] += route.Requests;
                paths[group, PathCount.ClientErrors] += route.ClientErrors;
                if (route.ClientErrors > 0) paths[group, PathCount.ClientErrorUsers] = -1;
            }

            for (var i = 0; i < route.Latency.Length; i++)
                paths.Times(group)[PathBuckets.IndexOf(window.Layout!.UpperSeconds(i))] += route.Latency.Counts[i];
        }
    }

    private static void Fill(Counts counts, long requests, long errors, long late, ReadOnlySpan<long> latency, ReadOnlySpan<long> abandoned)
    {
        counts.ByOutcome[(int)Outcome.Success] = requests - errors;
        counts.ByOutcome[(int)Outcome.ServerError] = errors;
        counts.CappedFailures = errors;
        (counts.Late, counts.CappedLate) = (late, late);
        latency.CopyTo(counts.Latency);
        if (!abandoned.IsEmpty) abandoned.CopyTo(counts.Abandon());
    }

    private static Counts Fitted(Counts counts, LatencyLayout layout)
    {
        var fitted = new Counts(layout)
        {
            CappedFailures = counts.CappedFailures,
            Late = counts.Late,
            CappedLate = counts.CappedLate,
            Excess = counts.Excess,
            TellsClientErrors = counts.TellsClientErrors,
            CappedClientErrors = counts.CappedClientErrors,
            ClientErrorExcess = counts.ClientErrorExcess,
        };
        counts.ByOutcome.CopyTo(fitted.ByOutcome, 0);
        if (counts.Paths is { Groups: > 0 } paths) fitted.ByPath(paths.Groups).Add(paths);
        counts.ByStatus?.CopyTo(fitted.Statuses(), 0);
        counts.Sizes?.CopyTo(fitted.Measure(), 0);
        return fitted;
    }
}

/// <param name="Trace">Its id; null when it has none.</param>
/// <param name="BadLines">Lines that were left out of it.</param>
internal sealed record TraceEnd(string? Trace, long BadLines);
