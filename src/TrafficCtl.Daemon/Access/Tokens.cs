using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Daemon.Access;

/// <summary>The tokens in force: in memory, so that a call waits for no disk, and read again when their file changes.</summary>
/// <remarks>
/// A file that is gone, unreadable or garbage leaves the last good tokens in force: nobody loses a right by it, and nobody gets one.
/// Where there were tokens once, there are no rights without one until the process starts anew.
/// </remarks>
internal sealed partial class Tokens : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500), Patience = TimeSpan.FromSeconds(5);

    private readonly string? path;
    private readonly TimeProvider clock;
    private readonly ILogger<Tokens> log;
    private volatile FrozenDictionary<string, Token> byId;
    private string? said;

    /// <param name="path">The file; null for a process without tokens.</param>
    /// <param name="clock">Of the process.</param>
    /// <param name="log">Of the process.</param>
    /// <exception cref="InvalidDataException">Not a file of tokens.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public Tokens(string? path, TimeProvider clock, ILogger<Tokens> log)
    {
        (this.path, this.clock, this.log) = (path, clock, log);
        byId = Index(path is null ? [] : TokenListFile.Read(path));
    }

    /// <summary>Identity is set up: who has none may do nothing.</summary>
    public bool AreAny => byId.Count > 0;

    /// <summary>Whose token it is, or why it is refused.</summary>
    public (Identity? Identity, string? Refused) Verify(string text)
    {
        var parts = text.Split('_');
        if (parts is not ["tctl", var id, _] || !byId.TryGetValue(id, out var token) || !token.Is(text))
            return (null, "it is not known here");
        if (token.Refused(clock.GetUtcNow()) is { } refused) return (null, refused);
        var identity = new Identity(token.Name, "token", token.Grants) { IsStillGood = () => Verify(text).Identity is not null };
        return (identity, null);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (path is null) return;
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await ReadAgainAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end was asked for.
        }
    }

    private async Task ReadAgainAsync(CancellationToken stop)
    {
        try
        {
            var hangs = $"does not answer for {DurationText.Of(Patience)}";
            var read = await Blocking.RunAsync(
                () => File.Exists(path) ? TokenListFile.Read(path!) : default, Patience, () => Say(hangs), stop);
            if (read.IsDefault)
            {
                Say(AreAny ? "is gone" : null);
                return;
            }

            // Nobody who had to show a token yesterday is nobody today.
            if (!read.IsEmpty || !AreAny) byId = Index(read);
            Say(read.IsEmpty && AreAny ? "holds no token any more" : null);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Say($"cannot be read ({fault.Message})");
        }
    }

    private void Say(string? trouble)
    {
        if (trouble == said) return;
        said = trouble;
        if (trouble is null) LogRead(path!);
        else LogKept(path!, trouble);
    }

    private static FrozenDictionary<string, Token> Index(ImmutableArray<Token> tokens) =>
        tokens.DistinctBy(static t => t.Id).ToFrozenDictionary(static t => t.Id, StringComparer.Ordinal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The file of tokens {Path} {Trouble}; the last good tokens stay in force")]
    private partial void LogKept(string path, string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "The file of tokens {Path} is in order again")]
    private partial void LogRead(string path);
}
