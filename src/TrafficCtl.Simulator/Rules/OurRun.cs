using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules;

/// <summary>Feeds the judge and lets the engine decide, as the control loop does, with a router that confirms at once.</summary>
internal sealed class OurRun : IRuleRun
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Only the verdict decides; a report with its findings at each tick would cost more than the judge.
    private static readonly Judgement[] Bare =
        [.. Enum.GetValues<Verdict>().Select(static v => new Judgement(v, double.NaN, double.NaN, null, [], "", null))];

    private readonly Analysis analysis;
    private readonly Judge judge;
    private RolloutState state;
    private readonly bool seesInstances;
    private long requests;
    private bool isMeasured;

    public OurRun(Plan plan, Analysis analysis, RuleSetting setting, bool seesInstances)
    {
        (this.analysis, this.seesInstances) = (analysis, seesInstances);
        judge = new Judge(analysis, setting.Past, setting.Paths);
        state = new RolloutState("sim-1", "sim", "sim", 1, "stable", "candidate", 1, Start, Start, new Phase.Waiting("")) { Plan = plan };
        Decide(TimeSpan.Zero);
    }

    public double IntervalSeconds => analysis.Tick.TotalSeconds;

    public Weights Weights { get; private set; }

    public RunEnd End => state.Phase switch
    {
        Phase.Baking or Phase.Good or Phase.Paused { At: Phase.Baking } => RunEnd.Promoted,
        Phase.RolledBack or Phase.RollingBack => RunEnd.RolledBack,
        _ => RunEnd.Running,
    };

    public bool IsOver => state.Phase.IsFinal;

    public void Observe(in Tick window, double now)
    {
        if (Population.Of(state.Plan, state.Phase).Comparison == Comparison.Historical) judge.ObserveHistorical(window);
        else judge.Observe(seesInstances ? window : window with { Placebos = null });
        requests += window.Candidate.Requests;
        isMeasured = true;
        Decide(TimeSpan.FromSeconds(now));
    }

    /// <summary>Until it holds: one round of the control loop follows the other within the tick.</summary>
    private void Decide(TimeSpan elapsed)
    {
        for (; ; )
        {
            var step = state.Phase.StepIn(state.Plan);
            var seen = new Seen
            {
                Judgement = isMeasured ? Bare[(int)judge.VerdictFor(Exposures.Next(state.Plan, state.Phase))] : null,
                Evidence = new StepEvidence(requests, 0),
                CandidateHealth = new ArmHealth(1, 1, 1, null),
                AppliedGeneration = state.Generation,
            };
            var decision = RolloutEngine.Decide(state, seen, new Moment(Start + elapsed, elapsed));
            if (!decision.Changes(state)) break;
            state = decision.Next;
            if (state.Phase.StepIn(state.Plan) != step) (requests, isMeasured) = (0, false);
        }

        Weights = Exposures.For(state.Plan, state.Phase).General;
    }
}
