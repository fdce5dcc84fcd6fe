namespace TrafficCtl.TestKit;

/// <summary>
/// What a test does beside its subject, at a pace of its own: users who send, a mesh that follows. Nothing waits for it; who waits uses
/// <see cref="Eventually"/>.
/// </summary>
public static class Periodic
{
    /// <summary>Acts at once and then once a period, until it is stopped; ends without an exception then.</summary>
    /// <param name="period">Between two beginnings; an act that takes longer is followed by the next one at once.</param>
    /// <param name="act">Its exceptions end the whole, except for the cancellation.</param>
    public static Task ActAsync(TimeSpan period, Func<Task> act, CancellationToken stop) => ActAsync(
        period,
        async () =>
        {
            await act();
            return true;
        },
        stop);

    /// <inheritdoc cref="ActAsync(TimeSpan, Func{Task}, CancellationToken)"/>
    /// <param name="act">Says whether it goes on.</param>
    public static async Task ActAsync(TimeSpan period, Func<Task<bool>> act, CancellationToken stop)
    {
#pragma warning disable RS0030 // The one place where tests keep a pace.
        using var pace = new PeriodicTimer(period);
#pragma warning restore RS0030
        try
        {
            while (await act() && await pace.WaitForNextTickAsync(stop))
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
