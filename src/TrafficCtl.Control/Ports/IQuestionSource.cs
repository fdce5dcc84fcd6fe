using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Ports;

/// <summary>Whoever answers gates that an environment asks of a bundle.</summary>
public interface IQuestionSource
{
    /// <summary>It is this source that answers the gate.</summary>
    bool Answers(Gate gate);

    /// <summary>
    /// What it says now; unknown while it is being found out, and where whoever knows does not answer. Asked once a second until there is
    /// an answer, so it answers from memory. An exception counts as unknown.
    /// </summary>
    /// <remarks>
    /// What asking does is done once for a <see cref="Question.Id"/>, by this process: whoever asks records the question first, and does
    /// not ask one again that an earlier process was asked.
    /// </remarks>
    /// <param name="gate">The gate that the question names.</param>
    /// <param name="question">Which bundle, where, and the how manieth time.</param>
    /// <param name="where">The service as it is declared at the first target of the environment.</param>
    /// <param name="stop">Ends the call, and not what was begun.</param>
    ValueTask<GateAnswer> AskAsync(Gate gate, Question question, ServiceSpec where, CancellationToken stop);
}
