namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>What the acts of the story may do.</summary>
internal interface IPipelineScene
{
    /// <param name="version">Its name.</param>
    /// <param name="errors">The share of its answers to users that are errors.</param>
    /// <param name="isBroken">Its cart is: a test finds it, users of the other pages do not.</param>
    /// <param name="stop">Ends it.</param>
    Task ReleaseAsync(string version, double errors, bool isBroken, CancellationToken stop);

    /// <summary>Users of staging and prod begin.</summary>
    Task SendLoadAsync(CancellationToken stop);

    /// <summary>Nothing can be started, seen or stopped on that target; what runs there serves on.</summary>
    void CutOff(string environment, string target, bool isCutOff);

    Task ApproveAsync(string version, string environment, CancellationToken stop);
}
