using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Simulator.Comparing;

/// <summary>Folds the world's ticks into the interval that a rule asks for.</summary>
internal sealed class RuleWindow
{
    private readonly Counts stable = new(LatencyMixture.Layout), candidate = new(LatencyMixture.Layout);
    private readonly Counts[] placebos = [.. Enumerable.Range(0, Tick.MostPlacebos).Select(static _ => new Counts(LatencyMixture.Layout))];

    public Tick Collect(Service service, Weights weights, double seconds)
    {
        var ticks = Math.Max(1, (int)Math.Round(seconds / Service.TickSeconds));
        var last = service.Next(weights);
        if (ticks == 1) return last;

        stable.CopyFrom(last.Stable);
        candidate.CopyFrom(last.Candidate);
        for (var i = 0; i < last.Placebos?.Length; i++) placebos[i].CopyFrom(last.Placebos[i]);
        var (stableFlow, candidateFlow) = (last.StableFlow, last.CandidateFlow);
        for (var tick = 1; tick < ticks; tick++)
        {
            last = service.Next(weights);
            stable.Add(last.Stable);
            candidate.Add(last.Candidate);
            for (var i = 0; i < last.Placebos?.Length; i++) placebos[i].Add(last.Placebos[i]);
            (stableFlow, candidateFlow) = (stableFlow + last.StableFlow, candidateFlow + last.CandidateFlow);
        }

        return last with
        {
            Seconds = ticks * Service.TickSeconds,
            Stable = stable,
            Candidate = candidate,
            Placebos = last.Placebos is null ? null : placebos,
            StableFlow = stableFlow,
            CandidateFlow = candidateFlow,
        };
    }
}
