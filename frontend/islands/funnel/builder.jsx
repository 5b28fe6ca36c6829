import { Background, ReactFlow, ReactFlowProvider } from "@xyflow/react";

export function Builder({ place }) {
  return (
    <ReactFlowProvider>
      <ReactFlow nodes={[]} edges={[]} aria-label={place.name} onlyRenderVisibleElements>
        <Background gap={20} />
      </ReactFlow>
    </ReactFlowProvider>
  );
}
