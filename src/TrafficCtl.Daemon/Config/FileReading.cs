using TrafficCtl.Control.Files;

namespace TrafficCtl.Daemon.Config;

/// <summary>Reads what a user named on the command line: it may be a pipe that nobody writes to, and Ctrl-C ends the waiting.</summary>
public static class FileReading
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>For work that sees by itself that it is to stop, unless the system holds it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <param name="read">Opens and reads.</param>
    /// <param name="tell">Takes a sentence for the user when it takes long.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static Task<T> RunAsync<T>(Func<T> read, Action<string> tell, CancellationToken stop) => Blocking.RunAsync(
        read, Patience, () => tell("still reading: a pipe that nobody writes to, or a mount that hangs? Ctrl-C ends it"), stop);

    /// <summary>For work that reads for as long as it has to, and watches <paramref name="stop"/> itself between two reads.</summary>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static async Task<T> RunLongAsync<T>(Func<T> work, CancellationToken stop)
    {
        using var late = new CancellationTokenSource();
        await using var end = stop.UnsafeRegister(static late => ((CancellationTokenSource)late!).CancelAfter(Grace), late);
        return await Blocking.RunAsync(work, late.Token);
    }
}
