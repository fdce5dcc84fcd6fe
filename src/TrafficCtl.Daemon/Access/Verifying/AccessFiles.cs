using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Daemon.Access.Verifying;

/// <summary>Looks every second whether the files of the admin API have changed, and says once what became of a change.</summary>
/// <remarks>A change takes effect when it was seen twice, so within two seconds. What is wrong is a warning of every status.</remarks>
internal sealed partial class AccessFiles(
    IEnumerable<IFollowedFile> followed, Views views, TimeProvider clock, ILogger<AccessFiles> log) : BackgroundService
{
    private const string Hanging = "admin-files";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(5);

    private readonly ImmutableArray<IFollowedFile> files = [.. followed];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (files.IsEmpty) return;
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await LookAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end was asked for. A mount that hangs is left behind.
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        try
        {
            await Blocking.RunAsync(Poll, Patience, SayHangs, stop);
            views.Notice(Hanging, null);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // A fault inside must not end the looking.
            LogFault(fault);
        }
    }

    private bool Poll()
    {
        foreach (var file in files)
        {
            var hasChanged = file.Poll();
            var problem = file.Problem;
            views.Notice(file.Source, problem);
            if (!hasChanged) continue;
            if (problem is not null) LogRefused(problem);
            else LogRenewed(file.Renewed);
        }

        return true;
    }

    private void SayHangs()
    {
        var time = DurationText.Of(Patience);
        var words = $"the files of the admin API have not answered for {time} (a mount that hangs?): what they said before stays in force";
        views.Notice(Hanging, words);
        LogRefused(words);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{What}")]
    private partial void LogRenewed(string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for changed files of the admin API failed inside; it is retried")]
    private partial void LogFault(Exception fault);
}
