namespace TrafficCtl.Control.Recording;

/// <summary>Whether and for how long the windows of rollouts are kept, so that they can be judged again.</summary>
/// <param name="Keep">After a rollout's last window; zero records nothing and forgets what there is.</param>
/// <param name="MostBytes">In the store; above it the oldest recordings go, and when only active ones are left recording stops.</param>
public sealed record RecordingSettings(TimeSpan Keep, long MostBytes)
{
    public static readonly TimeSpan DefaultKeep = TimeSpan.FromDays(30);
    public static readonly TimeSpan LongestKeep = TimeSpan.FromDays(3650);

    public static readonly RecordingSettings Default = new(DefaultKeep, 4L << 30);
}
