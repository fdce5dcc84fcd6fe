using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Simulator.TypeI;

/// <summary>What one long run of looks came to.</summary>
/// <param name="Guarded">The judge failed the candidate, with stable's instances as placebos.</param>
/// <param name="Bare">The same without placebos.</param>
/// <param name="Errors">The process of errors reached 1/alpha by itself, without placebos.</param>
/// <param name="Unsure">The guarded judge neither failed it nor would let it go on at the end.</param>
internal readonly record struct Watched(bool Guarded, bool Bare, bool Errors, bool Unsure);

/// <summary>One run of a null: every look of two judges at the same ticks, with and without the placebo guard.</summary>
internal static class Vigil
{
    private const double HistorySeconds = 1200;
    private static readonly Weights Tenth = Weights.OfCandidate(1000);

    public static Watched Keep(NullCase nullCase, ulong seed, int looks, CancellationToken stop)
    {
        var service = new Service(nullCase.Scenario, nullCase.RequestsPerSecond, seed, HistorySeconds, Tick.MostPlacebos);
        var (guarded, bare) = (Begin(service), Begin(service));
        var bound = -Math.Log(Analysis.Default.Alpha);
        var errors = false;
        for (var look = 0; look < looks; look++)
        {
            if (look % 256 == 0) stop.ThrowIfCancellationRequested();
            var tick = service.Next(Tenth);
            if (!HasFailed(guarded)) guarded.Observe(tick);
            // Errors go on after a failure of the family: both are counted over all looks.
            if (!HasFailed(bare) || !errors) bare.Observe(tick with { Placebos = null });
            errors |= bare.Evidence.Errors.Harm.LogE >= bound;
            if (errors && HasFailed(guarded) && HasFailed(bare)) break;
        }

        return new Watched(HasFailed(guarded), HasFailed(bare), errors, guarded.VerdictFor(Tenth) == Verdict.Unsure);
    }

    private static Judge Begin(Service service) => new(Analysis.Default, service.Past, service.Groups);

    private static bool HasFailed(Judge judge) => judge.Evidence.Failure is not null;
}
