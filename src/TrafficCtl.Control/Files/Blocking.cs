namespace TrafficCtl.Control.Files;

/// <summary>
/// Work that the system may hold for ever (a pipe without a writer, a mount that hangs). It runs on a thread that does not
/// keep the process alive, and is left behind when its caller has to go.
/// </summary>
public static class Blocking
{
    /// <param name="work">It cannot be interrupted; what it returns after it was left behind is disposed of.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">Stopped; the work may still go on.</exception>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken stop) =>
        RunAsync(work, Timeout.InfiniteTimeSpan, static () => { }, stop);

    /// <param name="work">It cannot be interrupted; what it returns after it was left behind is disposed of.</param>
    /// <param name="patience">How long it may take before it is reported.</param>
    /// <param name="tell">Called once when it takes longer.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">Stopped; the work may still go on.</exception>
    public static async Task<T> RunAsync<T>(Func<T> work, TimeSpan patience, Action tell, CancellationToken stop)
    {
        var running = Task.Run(work, CancellationToken.None);
        try
        {
            try
            {
                return await running.WaitAsync(patience, stop);
            }
            catch (TimeoutException) when (!running.IsCompleted)
            {
                tell();
                return await running.WaitAsync(stop);
            }
        }
        catch (OperationCanceledException) when (!running.IsCompleted)
        {
            _ = running.ContinueWith(
                static late => Forget(late), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private static void Forget<T>(Task<T> late)
    {
        // Reading the exception counts it as seen: nobody is left who could act on it.
        if (late.Exception is null && late.Result is IDisposable unwanted) unwanted.Dispose();
    }
}
