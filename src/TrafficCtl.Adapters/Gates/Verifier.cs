using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Adapters.Gates;

/// <summary>Asks verifications: each once for a rollout, a gate and an attempt, or for a question of an environment.</summary>
/// <remarks>
/// Whoever asks saves the answer, and does not ask again then. What nobody asks for any more is ended; each ends by its own time limit in
/// any case.
/// </remarks>
public sealed partial class Verifier : IGateSource, IQuestionSource, IAsyncDisposable
{
    /// <summary>A rollout that waits asks each second: what it has not asked for so long is ended, and an answer is kept so long.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(60), Kept = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<VerifyKey, Asked> all = new();
    private readonly Lock asking = new();
    private readonly CommandRunner commands;
    private readonly AddressAsker addresses;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly CancellationTokenSource ending = new();
    private int isDisposed;

    internal Verifier(CommandRunner commands, AddressAsker addresses, TimeProvider clock, ILogger<Verifier> log) =>
        (this.commands, this.addresses, this.clock, this.log) = (commands, addresses, clock, log);

    public bool Answers(Gate gate) => gate is VerifyGate;

    public ValueTask<GateAnswer> AskAsync(Gate gate, ServiceSpec service, CancellationToken stop) =>
        ValueTask.FromResult<GateAnswer>(new GateAnswer.Unknown("no rollout asks"));

    public ValueTask<GateAnswer> AskAsync(Gate gate, GateSubject subject, CancellationToken stop)
    {
        if (subject.Rollout is not { } rollout || gate is not VerifyGate verify) return AskAsync(gate, subject.Service, stop);
        EndForgotten();
        var key = new VerifyKey(rollout.Id, gate.Key, subject.Attempt);
        if (!all.TryGetValue(key, out var asked) || (asked.Stop.IsCancellationRequested && asked.Work.IsCompleted))
        {
            // While a rollout goes back or moves its weight nothing new begins.
            if (rollout.Phase is not (Phase.Waiting or Phase.Observing))
                return ValueTask.FromResult<GateAnswer>(new GateAnswer.Unknown("it is asked before the next step"));
            all[key] = asked = Begin(verify, VerifyFacts.Of(subject.Service, rollout, subject.Attempt), mayBeginAgain: true);
        }

        return ValueTask.FromResult(Read(verify, asked));
    }

    public ValueTask<GateAnswer> AskAsync(Gate gate, Question question, ServiceSpec where, CancellationToken stop)
    {
        if (gate is not VerifyGate verify) return ValueTask.FromResult<GateAnswer>(new GateAnswer.Unknown(gate.Unanswered));
        var key = new VerifyKey(question.Id, "", question.Round);
        // It is not forgotten: after a long pause of whoever asks, its answer is still wanted.
        if (all.TryGetValue(key, out var asked)) asked.LastAt = clock.GetTimestamp();
        EndForgotten();
        lock (asking)
        {
            if (!all.TryGetValue(key, out asked)) all[key] = asked = Begin(verify, VerifyFacts.Of(where, question), mayBeginAgain: false);
        }

        // What was ended is not begun a second time: whoever asks makes a new question of it.
        var isOver = asked.Work.IsCompleted;
        var answer = Read(verify, asked);
        return ValueTask.FromResult(isOver && answer is GateAnswer.Unknown ? new GateAnswer.Errored(answer.Why) : answer);
    }

    /// <summary>Ends what runs, and waits for that.</summary>
    public async ValueTask DisposeAsync()
    {
        // A container that knows it by two names disposes it twice.
        if (Interlocked.Exchange(ref isDisposed, 1) != 0) return;
        await ending.CancelAsync();
        foreach (var asked in all.Values)
        {
            await asked.Work;
            asked.Stop.Dispose();
        }

        ending.Dispose();
    }

    private void EndForgotten()
    {
        foreach (var (key, asked) in all)
        {
            var silence = clock.GetElapsedTime(asked.LastAt);
            if (silence < Forgotten) continue;
            // An answer that the rollout has not saved yet is asked for again when its store works again.
            if (!asked.Work.IsCompleted) asked.Stop.Cancel();
            else if (((asked.MayBeginAgain && asked.Stop.IsCancellationRequested) || silence > Kept) && all.TryRemove(key, out _))
                asked.Stop.Dispose();
        }
    }

    private GateAnswer Read(VerifyGate verify, Asked asked)
    {
        asked.LastAt = clock.GetTimestamp();
        return asked.Work.IsCompletedSuccessfully ? asked.Work.Result : new GateAnswer.Unknown(
            $"{verify.Check} has run for {DurationText.Elapsed(clock.GetElapsedTime(asked.BeganAt))} of at most "
            + DurationText.Of(verify.Timeout));
    }

    private Asked Begin(VerifyGate verify, VerifyFacts facts, bool mayBeginAgain)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        var at = clock.GetTimestamp();
        return new Asked(stop, at, Task.Run(() => AskAsync(verify, facts, stop.Token)), mayBeginAgain) { LastAt = at };
    }

    private async Task<GateAnswer> AskAsync(VerifyGate verify, VerifyFacts facts, CancellationToken stop)
    {
        var what = verify.Check.ToString()!;
        LogBegins(what, facts.Rollout, facts.Attempt);
        GateAnswer answer;
        try
        {
            answer = verify.Check switch
            {
                Verification.Run run => await commands.RunAsync(run, verify.Timeout, facts, stop),
                Verification.Fetch http => await addresses.AskAsync(http, verify.Timeout, facts, stop),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            answer = new GateAnswer.Unknown("it was ended, because nobody asked for it any more");
        }
        catch (Exception fault)
        {
            answer = new GateAnswer.Errored(fault.Message);
        }

        LogEnds(what, facts.Rollout, answer.Word, answer.Why);
        return answer;
    }

    /// <param name="Rollout">The id of the rollout, or of the question: then the gate is empty, and the attempt its round.</param>
    private readonly record struct VerifyKey(string Rollout, string Gate, int Attempt);

    /// <param name="Stop">Ends it.</param>
    /// <param name="BeganAt">By the monotonic clock.</param>
    /// <param name="Work">Never fails.</param>
    /// <param name="MayBeginAgain">It is asked anew where it was ended before it had an answer.</param>
    private sealed record Asked(CancellationTokenSource Stop, long BeganAt, Task<GateAnswer> Work, bool MayBeginAgain)
    {
        private long lastAt;

        /// <summary>When it was asked for last, by the monotonic clock.</summary>
        public long LastAt
        {
            get => Interlocked.Read(ref lastAt);
            set => Interlocked.Exchange(ref lastAt, value);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Check} begins for {Rollout} (attempt {Attempt})")]
    private partial void LogBegins(string check, string rollout, int attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Check} for {Rollout}: {Answer}, {Why}")]
    private partial void LogEnds(string check, string rollout, string answer, string why);
}
