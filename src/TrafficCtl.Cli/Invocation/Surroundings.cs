using TrafficCtl.Cli.Printing;
using TrafficCtl.Cli.Streams;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What a command sees of its process: a test gives it another.</summary>
/// <param name="IsTerminal">Somebody watches <see cref="Out"/>: frames may be drawn.</param>
/// <param name="Size">Columns and rows of the terminal now.</param>
/// <param name="Variable">An environment variable; null when it is not set.</param>
/// <param name="User">The operating system's name of who asks.</param>
internal sealed record Surroundings(
    TextWriter Out, TextWriter Error, bool IsTerminal, Func<(int Columns, int Rows)> Size, Func<string, string?> Variable, string User,
    TimeProvider Clock)
{
    private const int NarrowestTerminal = 40;

    /// <summary>Answers only. Whatever is written here is escaped: there is no way round it but <see cref="TerminalOut"/>.</summary>
    public TextWriter Out { get; } = new PrintedText(Out);

    /// <summary>Failures, and whatever is not the answer; escaped too.</summary>
    public TextWriter Error { get; } = new PrintedText(Error);

    /// <summary>The terminal itself, for control sequences of the program's own: <c>watch</c> and progress.</summary>
    /// <remarks>No text of others goes here unescaped.</remarks>
    public TextWriter TerminalOut { get; } = Out;

    /// <summary>As <see cref="TerminalOut"/>, for standard error.</summary>
    public TextWriter TerminalError { get; } = Error;

    /// <summary>What is piped in.</summary>
    public Func<Stream> OpenInput { get; init; } = StandardStreams.OpenInput;

    /// <summary>Cancelled when nobody reads <see cref="Out"/> any more.</summary>
    public CancellationToken OutGone { get; init; }

    public static Surroundings OfProcess() => new(
        StandardStreams.OpenOutput(),
        StandardStreams.OpenError(),
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb",
        SizeOfConsole,
        Environment.GetEnvironmentVariable,
        Environment.UserName,
        TimeProvider.System)
    { OutGone = StandardStreams.OutputGone };

    /// <summary>A sentence beside the answer.</summary>
    public void Tell(string words) => Error.WriteLine($"{Product.Name}: {words}");

    private static (int Columns, int Rows) SizeOfConsole()
    {
        try
        {
            return (Math.Max(NarrowestTerminal, Console.WindowWidth), Math.Max(10, Console.WindowHeight));
        }
        catch (IOException)
        {
            return (80, 24);
        }
    }
}
