using System.Text;

namespace TrafficCtl.Cli;

/// <summary>What a command sees of its process: a test gives it another.</summary>
/// <param name="Out">Answers only.</param>
/// <param name="Error">Failures, and whatever is not the answer.</param>
/// <param name="IsTerminal">Somebody watches <paramref name="Out"/>: frames may be drawn.</param>
/// <param name="Size">Columns and rows of the terminal now.</param>
/// <param name="Variable">An environment variable; null when it is not set.</param>
/// <param name="User">The operating system's name of who asks.</param>
internal sealed record Surroundings(
    TextWriter Out, TextWriter Error, bool IsTerminal, Func<(int Columns, int Rows)> Size, Func<string, string?> Variable, string User, TimeProvider Clock)
{
    private const int NarrowestTerminal = 40;

    /// <summary>What is piped in.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    public static Surroundings OfProcess() => new(
        Console.Out,
        Console.Error,
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb",
        SizeOfConsole,
        Environment.GetEnvironmentVariable,
        Environment.UserName,
        TimeProvider.System);

    /// <summary>A sentence beside the answer.</summary>
    public void Tell(string words) => Error.WriteLine($"{App.Name}: {words}");

    /// <summary>Box drawing and bars need it; set only when something is drawn.</summary>
    public void SpeakUtf8()
    {
        if (IsTerminal && Console.OutputEncoding.CodePage != Encoding.UTF8.CodePage) Console.OutputEncoding = new UTF8Encoding(false);
    }

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
