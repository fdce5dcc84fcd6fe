using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>Windows to ticks: pairs the arms of one t, and keeps the rules that hold between lines of one trace.</summary>
/// <remarks>
/// It remembers of a trace that ended only a hash of its id, so that memory does not grow with the traces' length.
/// Each method that takes a line returns null, or what is wrong with the line and what to do.
/// </remarks>
internal sealed class Traces(TickQueue to, int metrics)
{
    /// <summary>The length of a trace's first tick when nobody says it.</summary>
    public const double UsualSeconds = 5;

    /// <summary>Ticks before the first one with latency, at most: until then the judge waits for the bounds.</summary>
    public const int MostWithoutLatency = 4_096;

    /// <summary>Ticks are no shorter, but for how t is rounded.</summary>
    public const double LeastSeconds = 0.001;

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    private readonly HashSet<UInt128> ended = [];
    private byte[]? id;
    private bool isOpen;
    private long badLines;
    private long badBetween;

    private TickSlot? tick;
    private double previous;
    private bool hasStable, hasCandidate, hasStep;
    private long ticks;
    private readonly TopUserSums topUser = new(), topClient = new();
    private readonly UsualAnswer usual = new();
    private LatencyLayout? layout;
    private PathGroups? routes;
    private long step;
    private double dt;
    private int weight, givenWeight;
    private bool isWeightGuessed;

    public string? Add(FileWindow window)
    {
        if (!isOpen || !IsCurrent(window))
        {
            if (ended.Contains(HashOf(window.Trace, window.HasTrace)))
                return $"trace {Shown(window)} was ended by another one before, keep the lines of a trace together";
            Begin(window.HasTrace ? window.Trace.ToArray() : null);
        }

        badBetween = 0;
        var problem = Check(window);
        if (problem is not null)
        {
            badLines++;
            return problem;
        }

        Absorb(window);
        return null;
    }

    /// <summary>A line that is no window: what it was part of can no longer pass.</summary>
    /// <param name="line">As it was read; empty when it was too long.</param>
    public void AddBad(ReadOnlySpan<byte> line)
    {
        if (TraceId.TryFind(line, out var found))
        {
            var isSame = isOpen && id is not null && found.AsSpan().SequenceEqual(id);
            if (!isSame && ended.Contains(HashOf(found, hasId: true))) return;
            if (!isSame) Begin(found);
            badBetween = 0;
        }
        else
        {
            // It may be the last line of this trace or the first of the next one.
            badBetween++;
        }

        badLines++;
    }

    /// <summary>Ends the last trace; a fault of the file leaves it incomplete.</summary>
    public void Finish(bool isBroken)
    {
        if (isBroken) badLines++;
        End();
    }

    private bool IsCurrent(FileWindow window) => window.HasTrace ? id is not null && window.Trace.SequenceEqual(id) : id is null;

    private void Begin(byte[]? trace)
    {
        End();
        (id, isOpen, badLines) = (trace, true, badBetween);
        (tick, layout, ticks, step, dt, weight, givenWeight) = (null, null, 0, -1, double.NaN, -1, -1);
        topUser.Clear();
        topClient.Clear();
        usual.Clear();
        routes = null;
    }

    private void End()
    {
        if (!isOpen) return;
        Close();
        ended.Add(HashOf(id, id is not null));
        to.Next.End = new TraceEnd(id is null ? null : Encoding.UTF8.GetString(id), badLines);
        to.Commit(isUrgent: true);
        isOpen = false;
    }

    private string? Check(FileWindow window)
    {
        if (tick is not null && window.T < tick.T)
            return $"t goes back to {Text(window.T)} after {Text(tick.T)}, sort the lines of a trace by t";
        var isSameTick = tick is not null && window.T == tick.T;
        if (tick is not null && !isSameTick && window.T - tick.T < LeastSeconds / 2)
            return $"t rises from {Text(tick.T)} to {Text(window.T)}, less than a millisecond, count in seconds";
        if (isSameTick && (window.Arm == Arm.Candidate ? hasCandidate : hasStable))
            return $"{(window.Arm == Arm.Candidate ? "candidate" : "stable")} is there twice at t {Text(window.T)}, keep one";
        if (window.Layout is not null)
        {
            if (layout is not null && !layout.Matches(window.Layout))
                return "latency.bounds are not those of the trace's first window, give both arms the same buckets for the whole trace";
            if (layout is null && ticks > MostWithoutLatency)
                return $"latency begins after more than {MostWithoutLatency} windows without it, write it from the beginning";
        }

        if (window.Aborted.Count > 0 && layout is null && window.Layout is null)
            return "aborted stands before any latency.bounds of the trace, write them from its first window on";
        if (!isSameTick) return null;
        if (window.Step >= 0 && step >= 0 && hasStep && window.Step != step)
            return $"step {window.Step} is not that of the other arm at the same t, {step}";
        if (window.Weight >= 0 && givenWeight >= 0 && window.Weight != givenWeight)
            return $"weight {window.Weight} is not that of the other arm at the same t, {givenWeight}; it is the candidate's share on both";
        return ticks == 1 && !double.IsNaN(window.Dt) && !double.IsNaN(dt) && window.Dt != dt
            ? $"dt {Text(window.Dt)} is not that of the other arm at the same t, {Text(dt)}"
            : null;
    }

    private void Absorb(FileWindow window)
    {
        if (tick is null || window.T != tick.T) Open(window.T);
        if (window.Layout is not null && layout is null) tick!.Fit(layout = window.Layout);
        if (window.RouteCount > 0) routes ??= GroupsOf(window);
        tick!.Absorb(window, usual.Seconds, routes);
        if (window.Arm == Arm.Candidate) hasCandidate = true;
        else hasStable = true;
        if (!double.IsNaN(window.Dt)) dt = window.Dt;
        if (window.Weight >= 0) givenWeight = window.Weight;
        if (window.Step < 0) return;
        if (window.Step != step) weight = -1;
        (step, hasStep) = (window.Step, true);
    }

    /// <summary>The routes of a trace's first window that has some are those that are compared; later ones are of the rest.</summary>
    private static PathGroups GroupsOf(FileWindow window)
    {
        var names = new List<string>();
        foreach (var route in window.Routes)
            if (route.Name != PathGroups.RestName && names.Count < PathGroups.Most) names.Add(route.Name);
        return PathGroups.OfNames(names);
    }

    private void Open(double t)
    {
        Close();
        tick = to.Next;
        tick.Clear(layout, metrics);
        tick.T = t;
        tick.Paths = routes;
        ticks++;
        (hasStable, hasCandidate, hasStep, givenWeight) = (false, false, false, -1);
    }

    private void Close()
    {
        if (tick is not { } closing) return;
        closing.IsLengthGiven = ticks == 1 && !double.IsNaN(dt);
        closing.Seconds = ticks > 1 ? closing.T - previous : double.IsNaN(dt) ? UsualSeconds : dt;
        closing.Weights = Weights.OfCandidate(WeightOf(closing));
        closing.IsSplitGuessed = isWeightGuessed;
        closing.Top = topUser.Absorb(closing, closing.TopOfWindow.Candidate, closing.TopOfWindow.Stable);
        closing.TopClient = topClient.Absorb(closing, closing.TopClientOfWindow.Candidate, closing.TopClientOfWindow.Stable);
        usual.Absorb(closing.Stable);
        previous = closing.T;
        tick = null;
        to.Commit(isUrgent: false);
    }

    /// <summary>As given; else what the step's first tick with both arms shows, until the step changes.</summary>
    private int WeightOf(TickSlot closing)
    {
        if (givenWeight >= 0) (weight, isWeightGuessed) = (givenWeight, false);
        isWeightGuessed |= weight < 0;
        var candidate = closing.Candidate.Requests + closing.Candidate.AbandonedTotal;
        var stable = closing.Stable.Requests + closing.Stable.AbandonedTotal;
        if (weight < 0 && candidate > 0 && stable > 0) weight = (int)Math.Round(Weights.Total * (double)candidate / (candidate + stable));
        return Math.Max(0, weight);
    }

    /// <summary>128 bits: that two ids of one file meet is out of the question.</summary>
    private static UInt128 HashOf(ReadOnlySpan<byte> trace, bool hasId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(trace, hash);
        return hasId ? BinaryPrimitives.ReadUInt128LittleEndian(hash) : UInt128.MaxValue;
    }

    private static string Shown(FileWindow window) =>
        window.HasTrace ? $"\"{JsonCursor.Words(window.Trace[..Math.Min(80, window.Trace.Length)])}\"" : "without id";

    private static string Text(double number) => number.ToString(Plain);
}
