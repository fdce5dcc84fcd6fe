using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using TrafficCtl.Cli.Commands;
using TrafficCtl.Cli.Completion;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Cli.Streams;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli;

/// <summary>The command line from arguments to exit code.</summary>
internal static class App
{
    /// <summary>Set to anything: an unexpected fault is printed with its trace.</summary>
    public const string TraceVariable = "TRAFFICCTL_TRACE";

    public static Task<int> RunAsync(string[] args, Surroundings surroundings, CancellationToken stop) =>
        RunAsync(args, CommandList.All, surroundings, stop);

    /// <param name="args">As the process was given them.</param>
    /// <param name="commands">Every command, in the order of the help.</param>
    /// <param name="surroundings">What commands see of the process.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<int> RunAsync(
        string[] args, ImmutableArray<CommandEntry> commands, Surroundings surroundings, CancellationToken stop)
    {
        var outGone = IsReaderNeeded(args, commands) ? surroundings.OutGone : CancellationToken.None;
        using var signals = new Signals(stop, outGone);
        try
        {
            if (Suggestions.IsAsked(args)) return Suggestions.Print(args, RootOf(commands, static _ => true, surroundings), surroundings);
            if (Arguments.ProblemOf(args) is { } problem) return SayUsage(args, problem, commands, surroundings);
            var root = RootOf(commands, entry => args.Contains(entry.Name), surroundings);
            var parse = root.Parse(args.Length > 0 ? args : ["--help"]);
            if (parse.Action is ParseErrorAction || (parse.Action is null && parse.Errors.Count > 0))
                return SayUsage(parse, args, commands, surroundings);
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
            surroundings.Error.WriteLine(WithoutSecrets($"{Product.Name}: {failure.Message}", args));
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (outGone.IsCancellationRequested)
        {
            return ExitCodes.Done; // A reader of the pipe that has seen enough (head, less) is no fault.
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            surroundings.Error.WriteLine($"{Product.Name}: interrupted");
            return ExitCodes.Failed;
        }
        catch (OutputFailedException lost)
        {
            surroundings.Error.WriteLine($"{Product.Name}: cannot write: standard output: {lost.Message}");
            return ExitCodes.Failed;
        }
        catch (Exception fault)
        {
            // A fault of the program, or one of the machine that no command expects: one line, and the trace for who asks for it.
            var isTraced = !string.IsNullOrEmpty(surroundings.Variable(TraceVariable));
            var whatToDo = isTraced ? "" : $": set {TraceVariable}=1 and run it again for the whole trace, and report it";
            surroundings.Error.WriteLine(
                WithoutSecrets($"{Product.Name}: failed: {fault.GetType().Name}: {fault.Message}{whatToDo}", args));
            if (isTraced) surroundings.Error.Lines(fault.ToString());
            return ExitCodes.Failed;
        }
    }

    private static bool IsReaderNeeded(string[] args, ImmutableArray<CommandEntry> commands) =>
        args.Length == 0 || !commands.Any(c => c.OutlivesReader && c.Name == args[0]);

    /// <summary>All commands by name; only those that <paramref name="isAsked"/> names are built, which keeps the start fast.</summary>
    private static RootCommand RootOf(
        ImmutableArray<CommandEntry> commands, Func<CommandEntry, bool> isAsked, Surroundings surroundings)
    {
        var root = new RootCommand(
            "Takes a new version of a service from deployed to released, by moving real traffic step by step and comparing.");
        root.Directives.Clear();
        foreach (var option in root.Options)
            if (option is VersionOption) option.Action = new PrintVersion(surroundings.Out);
        foreach (var entry in commands)
        {
            var command = new Command(entry.Name, entry.About);
            if (isAsked(entry)) entry.Build(command, surroundings);
            root.Add(command);
        }

        return root;
    }

    private static int SayUsage(
        ParseResult parse, string[] args, ImmutableArray<CommandEntry> commands, Surroundings surroundings)
    {
        var command = parse.CommandResult.Command;
        var named = command is RootCommand ? Product.Name : $"{Product.Name} {command.Name}";
        var unknown = command is RootCommand ? args.FirstOrDefault(a => !a.StartsWith('-')) : null;
        if (unknown is not null)
        {
            var meant = Suggest.DidYouMean(unknown, commands.Select(c => c.Name));
            var hint = meant is null ? "" : $" ({meant})";
            surroundings.Error.WriteLine(
                $"{Product.Name}: usage: no command \"{AddressText.Shown(unknown)}\"{hint}: see {Product.Name} --help");
            return ExitCodes.Usage;
        }

        foreach (var message in parse.Errors.Select(e => OneLine(e.Message).TrimEnd('.')).Distinct(StringComparer.Ordinal))
            surroundings.Error.WriteLine(WithoutSecrets($"{named}: usage: {message}: see {named} --help", args));
        return ExitCodes.Usage;
    }

    private static int SayUsage(string[] args, string problem, ImmutableArray<CommandEntry> commands, Surroundings surroundings)
    {
        var named = args.Length > 0 && commands.Any(c => c.Name == args[0]) ? $"{Product.Name} {args[0]}" : Product.Name;
        surroundings.Error.WriteLine($"{named}: usage: {problem}: see {named} --help");
        return ExitCodes.Usage;
    }

    /// <summary>A message that repeats an argument does not repeat the password in it, whoever wrote the message.</summary>
    private static string WithoutSecrets(string message, string[] args)
    {
        foreach (var arg in args)
        {
            var value = arg[(arg.IndexOf('=', StringComparison.Ordinal) + 1)..];
            if (AddressText.Shown(value) is var shown && shown != value) message = message.Replace(value, shown, StringComparison.Ordinal);
        }

        return message;
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
            to.WriteLine($"{Product.Name} {number}{commit}");
            return ExitCodes.Done;
        }
    }
}
