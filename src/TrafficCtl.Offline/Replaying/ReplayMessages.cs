using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Control.Replaying;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.V1;

namespace TrafficCtl.Offline.Replaying;

/// <summary>Replays as messages of the contract.</summary>
internal static class ReplayMessages
{
    public static ReplayResponse Of(List<Replayed> rollouts, string? analysisFile)
    {
        var answer = new ReplayResponse
        {
            Analysis = analysisFile ?? "",
            Promoted = Count(rollouts, ReplayWord.Promoted),
            Held = Count(rollouts, ReplayWord.Held),
            RolledBack = Count(rollouts, ReplayWord.RolledBack),
            Changed = rollouts.Count(r => r.IsChanged),
            Unjudged = rollouts.Count(r => !r.IsJudged),
        };
        answer.Rollouts.AddRange(rollouts.Select(Of));
        return answer;
    }

    private static int Count(List<Replayed> rollouts, ReplayWord word) => rollouts.Count(r => r.Again?.Word == word);

    private static ReplayedRollout Of(Replayed replayed)
    {
        var (recording, state) = (replayed.Rollout, replayed.Rollout.State);
        var message = new ReplayedRollout
        {
            Rollout = state.Id,
            Service = state.Service,
            Environment = state.Environment,
            Stable = state.Stable,
            Candidate = state.Candidate,
            StartedAt = state.StartedAt.ToTimestamp(),
            ChangedAt = state.ChangedAt.ToTimestamp(),
            Phase = state.Phase.Name,
            Happened = Happened(state.Phase),
            Recorded = Of(replayed.Recorded, state.Plan),
            Again = Of(replayed.Again, state.Plan),
            Changed = replayed.IsChanged,
            Difference = replayed.Difference?.ToDuration(),
            Judgements = replayed.Judgements,
            Differing = replayed.Differing,
            Ticks = recording.Ticks,
            MissingTicks = replayed.Missing,
            Bytes = recording.Bytes,
        };
        message.Steps.AddRange(replayed.Steps.Select(Of));
        message.Notes.AddRange(replayed.Notes);
        return message;
    }

    private static V1.ReplayOutcome? Of(
        Control.Replaying.ReplayOutcome? outcome, Plan plan) => outcome is null ? null : new V1.ReplayOutcome
        {
            Outcome = outcome.Word switch { ReplayWord.Promoted => "promoted", ReplayWord.Held => "held", _ => "rolled-back" },
            At = outcome.At.ToTimestamp(),
            Weight = outcome.Step < 0 ? 0 : outcome.Step < plan.Steps.Length ? plan.Steps[outcome.Step].Weights.Candidate : Weights.Total,
            Signal = outcome.Signal ?? "",
            PassesAfter = outcome.PassesAfter?.ToDuration(),
            Why = outcome.Why,
        };

    private static V1.ReplayStep Of(Control.Replaying.ReplayStep step) => new()
    {
        Step = step.Step + 1,
        Weight = step.Weight,
        EndedAt = step.EndedAt.ToTimestamp(),
        Recorded = Word(step.Recorded),
        RecordedSince = step.RecordedSince?.ToTimestamp(),
        Again = Word(step.Again),
        AgainSince = step.AgainSince?.ToTimestamp(),
        NeededPass = step.NeededPass,
    };

    private static string Happened(Phase phase) => phase switch
    {
        Phase.Good => "good",
        Phase.RolledBack { Cause: RollbackCause.Verdict } => "rolled back",
        Phase.RolledBack { Cause: RollbackCause.Breaker } => "rolled back (breaker)",
        Phase.RolledBack { Cause: RollbackCause.TargetGone } => "rolled back (no endpoint)",
        Phase.RolledBack { Cause: RollbackCause.Unsure } => "rolled back (unsure)",
        Phase.RolledBack { Cause: RollbackCause.Gate } => "rolled back (gate)",
        Phase.RolledBack back => $"rolled back ({back.Cause})",
        Phase.Aborted => "aborted",
        Phase.Superseded by => $"superseded by {by.By}",
        _ => $"goes on ({phase.Name})",
    };

    private static string Word(Verdict verdict) => verdict switch { Verdict.Pass => "pass", Verdict.Fail => "fail", _ => "unsure" };
}
