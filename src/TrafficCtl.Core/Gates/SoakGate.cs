using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Gates;

/// <summary>Open when the version has run in another environment for long enough, without a break, and under enough traffic.</summary>
/// <param name="In">The environment.</param>
/// <param name="For">The least time, without a break.</param>
/// <param name="Requests">The fewest requests in that same time; 0 for any number.</param>
/// <remarks>
/// Time and requests must be of one occupancy: two short stays are no long one, and the traffic of an earlier stay says nothing about
/// the later one.
/// </remarks>
public sealed record SoakGate(string In, TimeSpan For, long Requests) : Gate
{
    public override string Name => "soak";

    public override GateKind Kind => GateKind.Timed;

    public override Ability? Ability => Targets.Ability.Environments;

    public override string Key => $"soak in {In} for {DurationText.Of(For)}, {NumberText.Count(Requests)} requests";

    public override string Unanswered => $"nothing here knows how long a version ran in {In}: remove soak from needs";

    public override GateAnswer? Answer(GateFacts facts)
    {
        if (facts.Occupancies.IsDefault || facts.Version is not { } version) return null;
        Occupancy? best = null;
        var bestTime = TimeSpan.Zero;
        foreach (var stay in facts.Occupancies)
        {
            if (stay.Environment != In || stay.Version != version) continue;
            var time = TimeIn(stay, facts.Now);
            if (time >= For && stay.Requests >= Requests)
                return new GateAnswer.Open(
                    $"{version} ran in {In} for {DurationText.Elapsed(time)} without a break, with {NumberText.Count(stay.Requests)} "
                    + "requests");
            if (best is not null && time < bestTime) continue;
            (best, bestTime) = (stay, time);
        }

        if (best is null) return new GateAnswer.Closed($"{version} has not run in {In} yet; it needs {Wanted}");
        var left = best.To is null && bestTime < For ? $"; {DurationText.Left(For - bestTime)} left" : "";
        var over = best.To is null ? "" : $" (that ended at {InstantText.Of(best.To.Value)})";
        return new GateAnswer.Closed(
            $"{version} ran in {In} for {DurationText.Elapsed(bestTime)} without a break, with {NumberText.Count(best.Requests)} "
            + $"requests{over}; it needs {Wanted}{left}");
    }

    private string Wanted => DurationText.Of(For) + (Requests > 0 ? $" with {NumberText.Count(Requests)} requests" : "");

    /// <summary>Never negative, whatever a clock that was set has recorded.</summary>
    private static TimeSpan TimeIn(Occupancy stay, DateTimeOffset now)
    {
        var time = (stay.To ?? now) - stay.From;
        return time > TimeSpan.Zero ? time : TimeSpan.Zero;
    }
}
