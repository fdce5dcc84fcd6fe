using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using TrafficCtl.Cli.Completion;

namespace TrafficCtl.Cli;

/// <summary>The command line from arguments to exit code.</summary>
internal static class App
{
    public const string Name = "trafficctl";

    public static async Task<int> RunAsync(string[] args, Surroundings surroundings, CancellationToken stop)
    {
        using var signals = new Signals(stop);
        try
        {
            if (Suggestions.IsAsked(args)) return Suggestions.Print(args, RootOf(static _ => true, surroundings), surroundings);
            var root = RootOf(entry => args.Contains(entry.Name), surroundings);
            var parse = root.Parse(args.Length > 0 ? args : ["--help"]);
            if (parse.Action is ParseErrorAction || (parse.Action is null && parse.Errors.Count > 0)) return SayUsage(parse, args, surroundings);
            var configuration = new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // Signals below; a daemon drains for as long as its file says.
            };
            var exit = await parse.InvokeAsync(configuration, signals.Stop);
            return args.Length > 0 ? exit : ExitCodes.Usage;
        }
        catch (Failure failure)
        {
            surroundings.Error.WriteLine($"{Name}: {failure.Message}");
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            surroundings.Error.WriteLine($"{Name}: interrupted");
            return ExitCodes.Failed;
        }
        catch (IOException e) when (e.InnerException is System.Net.Sockets.SocketException or null && surroundings.Out == Console.Out && Console.IsOutputRedirected)
        {
            // A reader of the pipe that has seen enough (head, less) is no fault and does not come here.
            surroundings.Error.WriteLine($"{Name}: {(e.InnerException is null ? "cannot write: standard output: " : "")}{e.Message}");
            return ExitCodes.Failed;
        }
    }

    /// <summary>All commands by name; only those that <paramref name="isAsked"/> names are built, which keeps the start fast.</summary>
    public static RootCommand RootOf(Func<CommandEntry, bool> isAsked, Surroundings surroundings)
    {
        var root = new RootCommand("Takes a new version of a service from deployed to released, by moving real traffic step by step and comparing.");
        root.Directives.Clear();
        foreach (var option in root.Options)
            if (option is VersionOption) option.Action = new PrintVersion(surroundings.Out);
        foreach (var entry in CommandList.All)
        {
            var command = new Command(entry.Name, entry.About);
            if (isAsked(entry)) entry.Build(command, surroundings);
            root.Add(command);
        }

        return root;
    }

    private static int SayUsage(ParseResult parse, string[] args, Surroundings surroundings)
    {
        var command = parse.CommandResult.Command;
        var named = command is RootCommand ? Name : $"{Name} {command.Name}";
        var unknown = command is RootCommand ? args.FirstOrDefault(a => !a.StartsWith('-')) : null;
        if (unknown is not null)
        {
            var meant = Daemon.Config.Suggest.DidYouMean(unknown, CommandList.All.Select(c => c.Name));
            surroundings.Error.WriteLine($"{Name}: usage: no command \"{unknown}\"{(meant is null ? "" : $" ({meant})")}: see {Name} --help");
            return ExitCodes.Usage;
        }

        foreach (var message in parse.Errors.Select(e => OneLine(e.Message).TrimEnd('.')).Distinct(StringComparer.Ordinal))
            surroundings.Error.WriteLine($"{named}: usage: {message}: see {named} --help");
        return ExitCodes.Usage;
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private sealed class PrintVersion(TextWriter to) : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(App).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            var (number, commit) = version.Split('+') is [var n, var c] ? (n, $" ({c[..Math.Min(c.Length, 10)]})") : (version, "");
            to.WriteLine($"{Name} {number}{commit}");
            return ExitCodes.Done;
        }
    }
}
