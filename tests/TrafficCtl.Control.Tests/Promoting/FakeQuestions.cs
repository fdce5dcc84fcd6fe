using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;

namespace TrafficCtl.Control.Tests.Promoting;

/// <summary>Verifications that answer as they are told, and remember what they began.</summary>
internal sealed class FakeQuestions(PortCalls calls) : IQuestionSource
{
    private readonly HashSet<string> known = [];

    /// <summary>What was begun, by id; one that was begun twice is there twice.</summary>
    public List<string> Begun { get; } = [];

    public Func<Question, GateAnswer> Answer { get; set; } = static _ => new GateAnswer.Open("exit code 0");

    /// <summary>What the source of alerts says.</summary>
    public GateAnswer Alerts { get; set; } = new GateAnswer.Open("no alert is firing");

    /// <summary>The process ended, and with it what it knew.</summary>
    public void Restart() => known.Clear();

    public bool Answers(Gate gate) => gate is VerifyGate or QuietGate;

    public ValueTask<GateAnswer> AskAsync(Gate gate, Question question, ServiceSpec where, CancellationToken stop)
    {
        try
        {
            return new(calls.Make(
                () =>
                {
                    if (gate is QuietGate) return Alerts;
                    if (known.Add(question.Id)) Begun.Add(question.Id);
                    return Answer(question);
                },
                static () => new IOException("the fake verifier is gone"), "questions", nameof(AskAsync)));
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<GateAnswer>(fault);
        }
    }
}
