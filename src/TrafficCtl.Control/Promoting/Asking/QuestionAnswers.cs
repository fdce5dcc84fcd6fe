using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Control.Promoting.Asking;

/// <summary>Asks the gates of recorded questions, and makes facts of what they answer.</summary>
internal sealed class QuestionAnswers(IEnumerable<IQuestionSource> sources)
{
    /// <summary>A live gate is watched for so many of its freshness after it was asked last.</summary>
    private const int Watched = 4;

    private readonly ImmutableArray<IQuestionSource> sources = [.. sources];

    /// <summary>Those that somebody has to be asked; approvals and proposals are answered by orders.</summary>
    public static ImmutableArray<OpenQuestion> Open(
        PromotionSpec spec, ImmutableArray<Question> asked, bool isOwn, TimeSpan running) =>
        [.. asked.Where(q => FindGate(spec, q)?.Gate is { } gate && IsAsked(gate)).Select(q => new OpenQuestion(q, isOwn, running))];

    /// <summary>What an earlier process asked and got no answer to.</summary>
    public static ImmutableArray<OpenQuestion> LeftOpen(PromotionSpec spec, PromotionState state, TimeSpan running)
    {
        var found = ImmutableArray.CreateBuilder<Question>();
        foreach (var environment in spec.Environments)
            foreach (var (hash, bundle) in state.In(environment.Name).Bundles)
                foreach (var (gate, record) in bundle.Gates)
                    if (record.IsOpen)
                        found.Add(new(
                            spec.Service, environment.Name, gate, state.Find(hash).Bundle, record.Round,
                            IsVerification(environment, gate)));
        return Open(spec, found.ToImmutable(), isOwn: false, running);
    }

    /// <returns>The questions that stay, and the facts of the answers.</returns>
    public async ValueTask<(ImmutableArray<OpenQuestion> Open, ImmutableArray<PromotionFact> Facts)> ReadAsync(
        PipelineMemory pipeline, DateTimeOffset now, TimeSpan running, CancellationToken stop)
    {
        if (pipeline.Questions.IsEmpty) return ([], []);
        var left = ImmutableArray.CreateBuilder<OpenQuestion>();
        var facts = ImmutableArray.CreateBuilder<PromotionFact>();
        foreach (var open in pipeline.Questions)
        {
            var question = open.Question;
            var record = pipeline.State.In(question.Environment).Of(question.Bundle.Hash).Gates.GetValueOrDefault(question.Gate);
            if (record is null || record.Round != question.Round) continue;
            if (FindGate(pipeline.Spec.Promotion, question) is not { Gate: { } gate } entry) continue;
            var isLive = gate.Kind == GateKind.Live;
            if (isLive ? running - open.AskedAt > entry.Freshness * Watched : !record.IsOpen) continue;
            var verdict = VerdictOf(await AnswerAsync(pipeline, open, gate, stop), isLive, out var why);
            if (verdict is { } found && (record.IsOpen || record.Verdict != found))
                facts.Add(new PromotionFact.GateAnswered(
                    new(0, now, question.Gate, why), question.Environment, question.Gate, question.Bundle.Hash, found,
                    question.IsVerification));
            if (isLive || verdict is null) left.Add(open);
        }

        return (left.Count == pipeline.Questions.Length ? pipeline.Questions : left.ToImmutable(), facts.ToImmutable());
    }

    private async ValueTask<GateAnswer> AnswerAsync(PipelineMemory pipeline, OpenQuestion open, Gate gate, CancellationToken stop)
    {
        var target = pipeline.Targets.FirstOrDefault(t => t.Key.Environment == open.Question.Environment);
        if (target is null) return new GateAnswer.Errored($"{open.Question.Environment} has no target here");
        if (gate.Kind != GateKind.Live && !open.IsOwn) return new GateAnswer.Errored("the daemon that asked ended before the answer");
        try
        {
            return sources.FirstOrDefault(s => s.Answers(gate)) is { } source
                ? await source.AskAsync(gate, open.Question, target.Declared ?? target.Target.Template, stop)
                : new GateAnswer.Errored(gate.Unanswered);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return new GateAnswer.Unknown(fault.Message);
        }
    }

    /// <summary>Null while it is not known and is asked again; a live gate that is not known has an answer too: that.</summary>
    private static GateVerdict? VerdictOf(GateAnswer answer, bool isLive, out string why)
    {
        why = answer.Why;
        return answer switch
        {
            GateAnswer.Open => GateVerdict.Passed,
            GateAnswer.Failed => GateVerdict.Failed,
            GateAnswer.Closed => isLive ? GateVerdict.Failed : null,
            GateAnswer.Errored => GateVerdict.Errored,
            _ => isLive ? GateVerdict.Errored : null,
        };
    }

    private static bool IsAsked(Gate gate) => gate is not ApproveGate && gate.Kind != GateKind.Timed;

    private static bool IsVerification(EnvironmentSpec environment, string gate) => environment.Verify.Any(g => g.Id == gate);

    private static EntryGate? FindGate(PromotionSpec spec, Question question)
    {
        if (spec.Find(question.Environment) is not { } environment) return null;
        foreach (var gate in question.IsVerification ? environment.Verify : environment.Needs)
            if (gate.Id == question.Gate) return gate;
        return null;
    }
}
