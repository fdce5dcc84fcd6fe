using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Simulator.Comparing;

/// <summary>One rollout of one service under one rule, from deployment to the horizon.</summary>
internal static class ComparedRollout
{
    /// <summary>How long stable is alone before the candidate is deployed; a session and the user table's memory fit into it.</summary>
    public const double HistorySeconds = 1200;

    /// <summary>Basis points: from there on a holdback is all that is left.</summary>
    private const int Most = 9500;

    public static RunResult Play(Scenario scenario, double requestsPerSecond, IRule rule, ulong seed, double horizonSeconds)
    {
        var service = new Service(scenario, requestsPerSecond, seed, HistorySeconds, Tick.MostPlacebos);
        var run = rule.Begin(new RuleSetting(service.Past, scenario.Crowd is not null) { Paths = service.Groups });
        var window = new RuleWindow();
        double? most = null, promoted = null, rolledBack = null;
        while (service.Now < horizonSeconds && !(run.IsOver && run.Weights == Weights.AllStable))
        {
            if (run.IsOver)
            {
                service.Skip(run.Weights);
                continue;
            }

            run.Observe(window.Collect(service, run.Weights, run.IntervalSeconds), service.Now);
            if (run.Weights.Candidate >= Most) most ??= service.Now;
            if (run.End == RunEnd.Promoted) promoted ??= service.Now;
            if (run.End == RunEnd.RolledBack) rolledBack ??= service.Now;
        }

        return new RunResult(run.End, promoted, rolledBack, service.BadResponses) { MostAfter = most };
    }
}
