using System.Text.Json.Nodes;

namespace ControlPlane.Demo.Api;

/// <summary>What the demo rolls out. Holds are short so that one can watch, and at the quietest hour each still sees the requests that its gates ask for.</summary>
internal static class DemoCanaries
{
    public static JsonObject Good { get; } = (JsonObject)JsonNode.Parse("""
        {
          "release": { "model": "fraud@2" },
          "rollout": {
            "strategy": "canary",
            "steps": [ { "weight": "25%", "hold": "1m" }, { "weight": "50%", "hold": "1m" }, { "weight": "100%" } ],
            "gates": [ { "metric": "error_rate", "against": "stable", "maxIncrease": "20%", "minSamples": 100 }, { "metric": "latency_p99", "max": "250ms" } ],
            "approval": "required"
          }
        }
        """)!;

    public static JsonObject Bad { get; } = (JsonObject)JsonNode.Parse("""
        {
          "release": { "model": "fraud@3" },
          "rollout": {
            "strategy": "canary",
            "steps": [ { "weight": "20%", "hold": "5m" }, { "weight": "100%" } ],
            "gates": [ { "metric": "error_rate", "against": "stable", "maxIncrease": "20%", "minSamples": 50 } ]
          }
        }
        """)!;
}
