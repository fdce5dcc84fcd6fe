using Microsoft.Extensions.DependencyInjection;

namespace TrafficCtl.Daemon.Hosting;

/// <summary>A part of a process that its options switch on: the embedded proxy, a cluster.</summary>
/// <remarks>The host calls the methods in the order in which they stand here, each for all modules before the next.</remarks>
internal interface IModule : IDisposable
{
    /// <summary>Adds its services and the drivers of its kind of target.</summary>
    void Add(IServiceCollection services);

    /// <summary>What must be in force before the admin API answers: listeners, declarations.</summary>
    /// <exception cref="DaemonRefusedException">It cannot begin.</exception>
    Task BeginAsync(IServiceProvider services, CancellationToken stop);

    /// <summary>What the control loop needs; it does not wait for long.</summary>
    Task OpenAsync(CancellationToken stop) => Task.CompletedTask;

    /// <summary>What this process does whether it is the leader or not, until it stops.</summary>
    Task RunAsync(CancellationToken stop);

    /// <summary>Waits, not for long, until traffic may be sent here.</summary>
    Task WarmUpAsync(CancellationToken stop) => Task.CompletedTask;

    /// <summary>What <see cref="DrainAsync"/> may take now.</summary>
    TimeSpan LongestDrain => TimeSpan.Zero;

    /// <summary>Ends the requests that are under way.</summary>
    Task DrainAsync(CancellationToken stop) => Task.CompletedTask;
}
