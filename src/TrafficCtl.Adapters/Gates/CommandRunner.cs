using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;

namespace TrafficCtl.Adapters.Gates;

/// <summary>Runs a program as a verification: no shell, a clean environment, a time limit, and nothing of it is left behind.</summary>
internal sealed class CommandRunner
{
    private const string Search = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>What shells say of a program that is not there, or that may not run.</summary>
    private const int NotExecutable = 126, NotFound = 127;

    /// <summary>128 and the number of SIGKILL and SIGTERM: somebody ended it, which says nothing of the version.</summary>
    private const int Killed = 137, Terminated = 143;

    /// <summary>How long after SIGTERM comes SIGKILL; and how long what is left of its output is waited for.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3), Rest = TimeSpan.FromSeconds(1);

    /// <summary>Makes a program the leader of a session, so that all of it can be ended at once; null where there is none.</summary>
    private static readonly string? Setsid = ((string[])["/usr/bin/setsid", "/bin/setsid"]).FirstOrDefault(File.Exists);

    private readonly string owner;
    private readonly ImmutableArray<string> directories;
    private readonly TimeProvider clock;

    /// <summary>Ends what an earlier process with this data directory has left running.</summary>
    /// <param name="owner">Names the data directory, which only one process has at a time.</param>
    /// <param name="directories">Those of <c>--allow-exec</c>: programs there may belong to others.</param>
    /// <param name="clock">For the time limit.</param>
    public CommandRunner(string owner, ImmutableArray<string> directories, TimeProvider clock)
    {
        (this.owner, this.directories, this.clock) = (owner, directories, clock);
        Leftovers.End($"{owner}/");
    }

    /// <exception cref="OperationCanceledException">Stopped; nothing of it runs any more.</exception>
    public async Task<GateAnswer> RunAsync(Verification.Run run, TimeSpan timeout, VerifyFacts facts, CancellationToken stop)
    {
        var mark = MarkOf(run, facts);
        Leftovers.End(mark);
        if (Find(run) is not { } program) return new GateAnswer.Errored($"there is no program {run.Program}");
        if (OwnFiles.WhyNot(program, directories) is { } why) return new GateAnswer.Errored($"{program} is not run: {why}");
        using var process = new Process { StartInfo = Prepare(program, run, facts, mark) };
        var began = clock.GetTimestamp();
        try
        {
            process.Start();
        }
        catch (Win32Exception fault)
        {
            return new GateAnswer.Errored($"{run.Program} could not be started: {fault.Message}");
        }

        var pid = process.Id;
        var (output, errors) = (new OutputTail(), new OutputTail());
        process.StandardInput.Close();
        var reading = Task.WhenAll(
            output.ReadAsync(process.StandardOutput.BaseStream), errors.ReadAsync(process.StandardError.BaseStream));
        var isLate = false;
        try
        {
            using var limit = new CancellationTokenSource(timeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            try
            {
                await process.WaitForExitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                isLate = true;
                await EndAsync(process, pid);
            }
        }
        finally
        {
            // What it started in the background ends with it.
            if (Setsid is not null) UnixSignals.Send(-pid, UnixSignals.Kill);
            Leftovers.End(mark);
        }

        await Task.WhenAny(reading, Task.Delay(Rest, clock, CancellationToken.None));
        stop.ThrowIfCancellationRequested();
        var took = DurationText.Of(clock.GetElapsedTime(began));
        // Which of two streams was written to last cannot be known; a program says what is wrong on standard error.
        var last = errors.Last is { Length: > 0 } problem ? problem : output.Last;
        var said = last.Length > 0 ? $"; it said: {last}" : "";
        if (isLate) return new GateAnswer.Errored($"{run.Program} has not ended within {DurationText.Of(timeout)} and was ended{said}");
        return process.ExitCode switch
        {
            0 => new GateAnswer.Open($"{run.Program} passed in {took}{said}"),
            NotExecutable or NotFound => new GateAnswer.Errored($"{run.Program} could not be started (exit code {process.ExitCode}){said}"),
            Killed or Terminated => new GateAnswer.Errored($"{run.Program} was ended by a signal after {took}{said}"),
            var code => new GateAnswer.Failed($"{run.Program} failed in {took} with exit code {code}{said}"),
        };
    }

    /// <summary>Another for each program of a rollout; none is the beginning of another.</summary>
    private string MarkOf(Verification.Run run, VerifyFacts facts)
    {
        var words = Encoding.UTF8.GetBytes(string.Join('\0', run.Arguments.Prepend(run.Program)));
        var program = Convert.ToHexStringLower(SHA256.HashData(words));
        return $"{owner}/{facts.Rollout}/{facts.Attempt}/{program[..16]}/";
    }

    private static ProcessStartInfo Prepare(string program, Verification.Run run, VerifyFacts facts, string mark)
    {
        var start = new ProcessStartInfo(Setsid ?? program)
        {
            WorkingDirectory = run.Directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Setsid is not null) start.ArgumentList.Add(program);
        foreach (var argument in run.Arguments) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = Search;
        start.Environment["HOME"] = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        start.Environment[Leftovers.Variable] = mark;
        foreach (var (name, value) in facts.Variables) start.Environment[name] = value;
        return start;
    }

    /// <summary>First politely. Whatever it does, it has ended when this returns.</summary>
    private async Task EndAsync(Process process, int pid)
    {
        UnixSignals.Send(Setsid is null ? pid : -pid, UnixSignals.Terminate);
        using var grace = new CancellationTokenSource(Grace, clock);
        try
        {
            await process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static string? Find(Verification.Run run)
    {
        if (run.Program.Contains('/'))
        {
            var path = Path.GetFullPath(run.Program, run.Directory);
            return File.Exists(path) ? path : null;
        }

        return Search.Split(':').Select(directory => Path.Combine(directory, run.Program)).FirstOrDefault(File.Exists);
    }
}
